"""Files of a host that joined: the certificate of the first host, its own token, and the settings of its workers."""

from __future__ import annotations

from pathlib import Path

from decalogo.access.hosts import JoinLine, redis_user
from decalogo.setup.files import PUBLIC_MODE, SecretFolder

SETTINGS_FILE = "worker.env"


def write_joined(root: Path, line: JoinLine, group: int | None) -> None:
    """Write the files into ``root`` and replace those of an earlier join.

    ``worker.env`` has the format of systemd's ``EnvironmentFile`` and of ``decalogo worker --environment``.

    Args:
        root: folder that the workers see under the same path.
        line: the join line.
        group: group of the worker processes; ``None`` keeps the ownership.
    """
    folder = SecretFolder(root, group)
    folder.replace("gateway.crt", line.certificate, mode=PUBLIC_MODE)
    folder.replace("redis-password", line.secret + "\n")
    folder.replace("token", line.bearer + "\n")
    settings = {
        "QUEUE__HOST": line.name,
        "REDIS__HOST": line.address,
        "REDIS__PORT": line.redis_port,
        "REDIS__USERNAME": redis_user(line.host_id),
        "REDIS__PASSWORD_FILE": root / "redis-password",
        "REDIS__CA_FILE": root / "gateway.crt",
        "STORAGE__URL": f"https://{_bracketed(line.address)}:{line.port}",
        "STORAGE__TOKEN_FILE": root / "token",
        "STORAGE__CA_FILE": root / "gateway.crt",
    }
    folder.replace(SETTINGS_FILE, "".join(f"DECALOGO_{name}={value}\n" for name, value in settings.items()))


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
