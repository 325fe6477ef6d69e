"""The join line, what a host makes of it, and the user in Redis that comes with it, on a real server."""

import re
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path

import pytest
import redis

from decalogo.access.hosts import JoinLine
from decalogo.batches.ledger import Ledger
from decalogo.batches.queues import WORK_QUEUES
from decalogo.cli.services import read_environment
from decalogo.errors import ClientError
from decalogo.settings import QueueSettings, RedisSettings, Settings, StorageSettings
from decalogo.setup.hosts import add_host, revoke_host
from decalogo.setup.joining import write_joined
from decalogo.setup.key_access import KEYS
from decalogo.setup.secrets import make_secrets
from tests.setup.test_acl_on_a_real_server import REFUSED, running


def let_in(tmp_path: Path, name: str = "north") -> JoinLine:
    make_secrets(tmp_path / "secrets", set_groups=False)
    return add_host(tmp_path / "secrets", name, address="10.0.0.5", port=7443, redis_port=6380, set_groups=False)


def test_a_line_is_one_word_and_comes_back_whole(tmp_path: Path) -> None:
    line = let_in(tmp_path)
    word = line.encode()

    assert not set(word) & set(" \n=+/")
    assert JoinLine.decode(f"./appliance join {word}\n") == line
    for broken in (word[:-9], word[1:], "", "dcj_"):
        with pytest.raises(ClientError, match="whole line"):
            JoinLine.decode(broken)


def test_the_secret_of_a_host_stands_in_no_file_of_the_first(tmp_path: Path) -> None:
    line = let_in(tmp_path)

    texts = [path.read_text() for path in (tmp_path / "secrets").rglob("*") if path.is_file()]
    assert not [text for text in texts if line.secret in text]


@pytest.mark.parametrize("name", ["north", "", "North", "a b", "x" * 33, "-x"])
def test_a_name_that_is_taken_or_none_is_refused(tmp_path: Path, name: str) -> None:
    let_in(tmp_path)

    with pytest.raises(ClientError):
        add_host(tmp_path / "secrets", name, address="x", port=1, redis_port=2, set_groups=False)


def test_setup_keeps_the_hosts(tmp_path: Path) -> None:
    let_in(tmp_path)
    before = (tmp_path / "secrets/redis/users.acl").read_text()

    assert make_secrets(tmp_path / "secrets", set_groups=False) == []
    assert (tmp_path / "secrets/redis/users.acl").read_text() == before


def test_what_a_host_writes_down_are_settings_of_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = let_in(tmp_path)
    write_joined(tmp_path / "joined", line, None)
    names = [row.partition("=")[0] for row in (tmp_path / "joined/worker.env").read_text().splitlines()]
    for name in names:
        monkeypatch.setenv(name, "")  # so that what the file sets is taken back at the end
        monkeypatch.delenv(name)

    read_environment(tmp_path / "joined/worker.env")

    settings = Settings()
    assert settings.redis.url(0) == f"rediss://host-{line.host_id}:{line.secret}@10.0.0.5:6380/0"
    assert settings.storage.url == "https://10.0.0.5:7443"
    assert settings.queue.host == "north"
    assert {path.stat().st_mode & 0o007 for path in (tmp_path / "joined").iterdir() if path.suffix != ".crt"} == {0}


def test_an_address_without_a_certificate_to_trust_is_refused() -> None:
    with pytest.raises(ValueError, match=r"storage\.url"):
        StorageSettings(url="https://10.0.0.5:7443")


def test_a_host_takes_messages_and_reaches_no_key_of_the_ledger(tmp_path: Path) -> None:
    line = let_in(tmp_path)
    with running(tmp_path) as (_, socket):
        own = {"username": f"host-{line.host_id}", "password": line.secret, "decode_responses": True}
        with redis.Redis(unix_socket_path=str(socket), **own) as host:
            host.lpush("decalogo_batch_tasks", "{}")
            assert host.brpop(["decalogo_batch_tasks"], timeout=1)
            host.set("health_check:last", "1")
            withheld = ("HSET document:x owner y", "HGETALL batch:x", "ZADD queued 1 x", "HGETALL owners",
                        "ZADD workers 1 x", "SET idempotency:x y", "DEL beat:sent", "HGETALL token:x", "SCAN 0",
                        "HGETALL webhook:x", "INFO memory", "CLIENT KILL USER api", "ACL LOAD")  # fmt: skip
            for command in (*REFUSED, *withheld):
                with pytest.raises(redis.exceptions.NoPermissionError):
                    host.execute_command(*command.split())
            with pytest.raises(redis.exceptions.RedisError):
                Ledger(host, QueueSettings()).claim("task-1", WORK_QUEUES)


def test_a_revoked_host_is_cut_off_when_redis_reads_its_users_again(tmp_path: Path) -> None:
    line = let_in(tmp_path)
    with running(tmp_path) as (secrets, socket):
        host = redis.Redis(
            unix_socket_path=str(socket),
            username=f"host-{line.host_id}",
            password=line.secret,
            single_connection_client=True,
        )
        keeper_password = (secrets / "redis/keeper-password").read_text().strip()
        keeper = redis.Redis(
            unix_socket_path=str(socket), username="keeper", password=keeper_password, single_connection_client=True
        )
        assert host.ping()
        revoke_host(secrets, line.host_id, set_groups=False)
        keeper.execute_command("ACL", "LOAD")

        with pytest.raises(redis.exceptions.ConnectionError):
            host.ping()
        assert keeper.ping()
        for command in ("GET x", "CONFIG GET dir", "ACL SETUSER x", "CLIENT LIST"):
            with pytest.raises(redis.exceptions.NoPermissionError):
                keeper.execute_command(*command.split())
        host.close()
        keeper.close()


def test_redis_over_tls_is_asked_for_by_the_certificate(tmp_path: Path) -> None:
    plain, tls = RedisSettings(), RedisSettings(ca_file=tmp_path / "gateway.crt", host="::1")

    assert (plain.url(1), plain.tls) == ("redis://127.0.0.1:6379/1", {})
    assert tls.url(1) == "rediss://[::1]:6379/1"
    assert tls.tls["ssl_ca_certs"] == str(tmp_path / "gateway.crt")


def test_every_key_of_the_ledger_is_either_written_by_workers_or_withheld_from_them() -> None:
    common = (files("decalogo.batches") / "lua/lib/common.lua").read_text(encoding="utf-8").partition("--]]")[0]
    keys = re.findall(r"^  (\S+) +(?:hash|zset|list|set|string)\b", common, re.MULTILINE)
    assert len(keys) > 20
    patterns = [row.pattern for row in KEYS if row.worker == "rw"]
    withheld = {
        "tenant:<tenant>:batches",
        "tenant:<tenant>:documents",
        "tenant:bytes",
        "tenant:counts",
        "webhook:<job_id>",
        "idempotency:<hash>",
        "ledger:format",
        "admission",
        "<name>:lock",
        "beat:sent",
    }

    given = {key for key in keys if any(fnmatchcase(key, pattern) for pattern in patterns)}

    # Workers write a new key only if claim, renew, finish, release, split or finish_part do (setup/key_access.py).
    assert set(keys) - given == withheld
