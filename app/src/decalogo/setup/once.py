"""The one-shot itself: everything that is missing is made, nothing that is there is touched.

Files, each in a folder (in the stack: a volume) that only its service mounts:

- ``redis/``: ``users.acl`` (hashes of all passwords), ``health-password``, ``operator-password``
- ``api/``: ``redis-password``, ``admin-token.sha256`` (``<id> <hex sha256 of the secret>``)
- ``worker/``, ``scheduler/``: ``redis-password``
- ``nginx/``: ``tls.crt``, ``tls.key``
- ``operator/``: ``admin-token`` (the only place that holds it in plain text)
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from decalogo.access.tokens import digest, mint
from decalogo.setup.acl import HEALTH_USER, OPERATOR_USER, SERVICES, users_acl
from decalogo.setup.certificate import self_signed
from decalogo.setup.files import PUBLIC_MODE, SecretFolder

# User and group ids of the containers' processes; the images create the same (images/*/Dockerfile).
APP_ID = 10001
REDIS_ID = 10002
NGINX_ID = 10003
GROUPS = {
    "redis": REDIS_ID,
    "api": APP_ID,
    "worker": APP_ID,
    "scheduler": APP_ID,
    "nginx": NGINX_ID,
    "operator": APP_ID,
}


def make_secrets(root: Path, *, tls_names: Sequence[str] = ("localhost",), set_groups: bool = True) -> list[str]:
    """Make what is missing under ``root`` and return the paths written, relative to it.

    Args:
        root: parent of the services' folders.
        tls_names: names and addresses the self-signed certificate is valid for.
        set_groups: give each folder's files to its service's group (needs root or CAP_CHOWN).
    """
    folders = {name: SecretFolder(root / name, gid if set_groups else None) for name, gid in GROUPS.items()}
    before = _files(root)
    passwords = {name: folders[name].password("redis-password") for name in SERVICES}
    for name in (HEALTH_USER, OPERATOR_USER):
        passwords[name] = folders["redis"].password(f"{name}-password")
    # Derived from the passwords: if a service's volume was deleted, its new password becomes known here.
    changed = folders["redis"].replace("users.acl", users_acl(passwords))
    make_admin_token(folders["operator"], folders["api"])
    if not (folders["nginx"].has("tls.crt") and folders["nginx"].has("tls.key")):
        certificate, key = self_signed(tls_names)
        folders["nginx"].replace("tls.key", key)
        folders["nginx"].replace("tls.crt", certificate, mode=PUBLIC_MODE)
    made = _files(root) - before
    return sorted(made | {"redis/users.acl"} if changed else made)


def make_admin_token(operator: SecretFolder, api: SecretFolder) -> bool:
    """Mint the first admin token unless one was ever minted; the API gets its hash only."""
    if api.has("admin-token.sha256"):
        return False
    if not operator.has("admin-token"):
        operator.write_once("admin-token", mint()[1] + "\n")
    _, token_id, secret = operator.read("admin-token").split("_", 2)
    return api.write_once("admin-token.sha256", f"{token_id} {digest(secret)}\n")


def own_artifacts(path: Path, owner: int = APP_ID) -> bool:
    """Give the artifact store's top folder to the services; tell whether that was needed."""
    path.mkdir(parents=True, exist_ok=True)
    if path.stat().st_uid == owner:
        return False
    path.chmod(0o750)
    os.chown(path, owner, owner)
    return True


def _files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
