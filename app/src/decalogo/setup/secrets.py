"""Make the secrets that are missing, and change no existing one.

Each service has a folder (in the stack: a volume) that no other service mounts:

- ``redis/``: ``users.acl`` (hashes of all passwords), ``health-password``, ``operator-password``,
  ``exporter-password``, ``keeper-password``
- ``api/``: ``redis-password``, ``admin-token.sha256`` (``<id> <hex sha256 of the secret>``), and ``hosts.json`` with
  the remote hosts
- ``worker/``, ``scheduler/``: ``redis-password``
- ``nginx/``, ``hosts/``: ``tls.crt``, ``tls.key`` of nginx, and of the remote-worker gateway
- ``login/``: ``htpasswd``, the operator login
- ``exporter/``: ``redis-passwords.json``
- ``flower/``: ``redis-password``
- ``grafana/``: ``admin-password``, the password of the operator login
- ``operator/``: ``admin-token`` (the only copy in plain text), ``login-password``
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from decalogo.access.hosts import HOSTS_FILE, read_hosts
from decalogo.access.tokens import digest, mint
from decalogo.setup.acl import EXPORTER_USER, FLOWER_USER, HEALTH_USER, KEEPER_USER, OPERATOR_USER, users_acl
from decalogo.setup.certificate import self_signed
from decalogo.setup.files import PUBLIC_MODE, SecretFolder
from decalogo.setup.key_access import SERVICES

# User and group ids of the containers, as in images/*/Dockerfile.
APP_ID = 10001
REDIS_ID = 10002
NGINX_ID = 10003
MONITORING_ID = 10004
GRAFANA_ID = 472  # in the upstream image
LOGIN_NAME = "operator"
REDIS_ADDRESS = f"redis://{EXPORTER_USER}@redis:6379"  # key under which the exporter finds its password
GROUPS = {
    "redis": REDIS_ID,
    "api": APP_ID,
    "worker": APP_ID,
    "scheduler": APP_ID,
    "nginx": NGINX_ID,
    "login": NGINX_ID,
    "exporter": MONITORING_ID,
    "flower": APP_ID,
    "grafana": GRAFANA_ID,
    "operator": APP_ID,
    "hosts": NGINX_ID,
}
# Name in the certificate of the remote-worker gateway. Other hosts trust this certificate and do not check its name.
HOSTS_NAME = "hosts.decalogo.internal"


def folders_in(root: Path, set_groups: bool) -> dict[str, SecretFolder]:
    """Return the folders of the services by name."""
    return {name: SecretFolder(root / name, gid if set_groups else None) for name, gid in GROUPS.items()}


def make_secrets(root: Path, *, tls_names: Sequence[str] = ("localhost",), set_groups: bool = True) -> list[str]:
    """Make the missing secrets under ``root`` and return the paths of written files, relative to it.

    Args:
        root: parent of the folders.
        tls_names: names and addresses in the self-signed certificate.
        set_groups: give the files to the groups of their services (needs root or CAP_CHOWN).
    """
    folders = folders_in(root, set_groups)
    before = _files(root)
    passwords = {name: folders[name].password("redis-password") for name in (*SERVICES, FLOWER_USER)}
    for name in (HEALTH_USER, OPERATOR_USER, EXPORTER_USER, KEEPER_USER):
        passwords[name] = folders["redis"].password(f"{name}-password")
    # Derived from the passwords, so that it follows the new password of a service whose volume was deleted.
    hosts = read_hosts(folders["api"].read(HOSTS_FILE)) if folders["api"].has(HOSTS_FILE) else {}
    changed = folders["redis"].replace("users.acl", users_acl(passwords, hosts.values()))
    make_admin_token(folders["operator"], folders["api"])
    make_certificate(folders["nginx"], tls_names)
    make_certificate(folders["hosts"], [HOSTS_NAME])
    known = json.dumps({REDIS_ADDRESS: passwords[EXPORTER_USER]}) + "\n"
    folders["exporter"].replace("redis-passwords.json", known)
    make_login(folders["operator"], folders["login"], folders["grafana"])
    made = _files(root) - before
    return sorted(made | {"redis/users.acl"} if changed else made)


def make_certificate(folder: SecretFolder, names: Sequence[str]) -> None:
    """Make a self-signed certificate unless there is one."""
    if not (folder.has("tls.crt") and folder.has("tls.key")):
        certificate, key = self_signed(names)
        folder.replace("tls.key", key)
        folder.replace("tls.crt", certificate, mode=PUBLIC_MODE)


def make_login(operator: SecretFolder, nginx: SecretFolder, grafana: SecretFolder) -> None:
    """Make the operator login: a hash for nginx, and the password for Grafana, which hashes it itself."""
    password = operator.password("login-password")
    # The format of nginx. A password of 256 random bits needs no slow hash.
    digest = base64.b64encode(hashlib.sha1(password.encode(), usedforsecurity=False).digest()).decode()
    nginx.replace("htpasswd", f"{LOGIN_NAME}:{{SHA}}{digest}\n")
    grafana.replace("admin-password", password + "\n")


def make_admin_token(operator: SecretFolder, api: SecretFolder) -> bool:
    """Make the first admin token unless one was made before. The API gets its hash only."""
    if api.has("admin-token.sha256"):
        return False
    if not operator.has("admin-token"):
        operator.write_once("admin-token", mint()[1] + "\n")
    _, token_id, secret = operator.read("admin-token").split("_", 2)
    return api.write_once("admin-token.sha256", f"{token_id} {digest(secret)}\n")


def renew_admin_token(root: Path, *, set_groups: bool = True) -> None:
    """Replace the first admin token in its files under ``root``. :func:`adopt_admin_token` makes the new one valid."""
    folders = folders_in(root, set_groups)
    token_id, token, kept = mint()
    folders["operator"].replace("admin-token", token + "\n")
    folders["api"].replace("admin-token.sha256", f"{token_id} {kept}\n")


def _files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
