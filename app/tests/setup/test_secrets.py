import base64
import hashlib
import re
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from decalogo.access.tokens import digest
from decalogo.setup.acl import users_acl
from decalogo.setup.certificate import self_signed
from decalogo.setup.files import SecretFolder
from decalogo.setup.secrets import make_secrets, renew_admin_token


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_second_setup_changes_nothing(tmp_path: Path) -> None:
    assert make_secrets(tmp_path, set_groups=False)
    first = contents(tmp_path)

    assert make_secrets(tmp_path, set_groups=False) == []
    assert contents(tmp_path) == first


def test_setup_leaves_no_drafts_and_no_file_that_others_can_read(tmp_path: Path) -> None:
    make_secrets(tmp_path, set_groups=False)

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if path.name.startswith(".")]
    assert {path.name for path in files if path.stat().st_mode & stat.S_IRWXO} == {"tls.crt"}


def test_the_api_gets_the_hash_of_the_admin_token_and_nothing_more(tmp_path: Path) -> None:
    make_secrets(tmp_path, set_groups=False)

    token = (tmp_path / "operator/admin-token").read_text().strip()
    known = (tmp_path / "api/admin-token.sha256").read_text().strip()
    match = re.fullmatch(r"dcl_([^_]+)_(.+)", token)
    assert match
    assert known == f"{match[1]} {digest(match[2])}"
    assert not [name for name, content in contents(tmp_path / "api").items() if match[2].encode() in content]


def test_no_password_stands_in_the_acl_file(tmp_path: Path) -> None:
    make_secrets(tmp_path, set_groups=False)

    acl = (tmp_path / "redis/users.acl").read_text()
    for owner in ("api", "worker", "scheduler"):
        assert (tmp_path / owner / "redis-password").read_text().strip() not in acl


def test_a_lost_service_volume_gets_a_new_password_that_redis_knows(tmp_path: Path) -> None:
    make_secrets(tmp_path, set_groups=False)
    before = contents(tmp_path)
    (tmp_path / "worker/redis-password").unlink()

    made = make_secrets(tmp_path, set_groups=False)

    assert made == ["redis/users.acl", "worker/redis-password"]
    after = contents(tmp_path)
    assert {name for name in after if after[name] != before[name]} == set(made)


def test_a_deleted_plain_admin_token_is_not_minted_again(tmp_path: Path) -> None:
    make_secrets(tmp_path, set_groups=False)
    (tmp_path / "operator/admin-token").unlink()

    assert make_secrets(tmp_path, set_groups=False) == []


def test_one_password_opens_the_operators_pages(tmp_path: Path) -> None:
    make_secrets(tmp_path, set_groups=False)

    password = (tmp_path / "operator/login-password").read_text().strip()
    assert (tmp_path / "grafana/admin-password").read_text().strip() == password
    user, hashed = (tmp_path / "login/htpasswd").read_text().strip().split(":")
    assert user == "operator"
    assert hashed == "{SHA}" + base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()
    assert len(password) == 64


def test_write_once_keeps_what_another_wrote_first(tmp_path: Path) -> None:
    folder = SecretFolder(tmp_path)

    assert folder.write_once("name", "first")
    assert not folder.write_once("name", "second")
    assert folder.read("name") == "first"


def test_every_acl_user_needs_a_password() -> None:
    with pytest.raises(KeyError):
        users_acl({"api": "one"})


def test_the_certificate_is_a_trust_anchor_for_its_names(tmp_path: Path) -> None:
    certificate, key = self_signed(["localhost", "127.0.0.1"])
    (tmp_path / "tls.crt").write_text(certificate)
    (tmp_path / "tls.key").write_text(key)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    client_side = ssl.create_default_context(cadata=certificate)
    client_side.verify_flags |= ssl.VERIFY_X509_STRICT

    for name in ("localhost", "127.0.0.1"):
        assert handshake(client_side, server_side, name) == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(client_side, server_side, "elsewhere.example")


def handshake(client_side: ssl.SSLContext, server_side: ssl.SSLContext, name: str) -> str | None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    waiting = [client, server]
    for side in [client, server] * 5:
        if side in waiting:
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                continue
    assert not waiting
    return client.version()


def test_a_certificate_for_a_name_with_accents_has_its_ascii_form() -> None:
    certificate, _key = self_signed(["defensoría.example.org"])
    names = x509.load_pem_x509_certificate(certificate.encode()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == ["xn--defensora-n5a.example.org"]


def test_a_renewed_admin_token_replaces_both_of_its_files(tmp_path: Path) -> None:
    make_secrets(tmp_path, set_groups=False)
    before = (tmp_path / "operator/admin-token").read_text()

    renew_admin_token(tmp_path, set_groups=False)

    token = (tmp_path / "operator/admin-token").read_text().strip()
    assert token != before.strip()
    _, token_id, secret = token.split("_", 2)
    assert (tmp_path / "api/admin-token.sha256").read_text() == f"{token_id} {digest(secret)}\n"
    assert make_secrets(tmp_path, set_groups=False) == []
