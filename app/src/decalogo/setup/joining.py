"""What a host that joins keeps: the first host's certificate, its own token, and its workers' settings."""

from __future__ import annotations

from pathlib import Path

from decalogo.access.hosts import JoinLine, redis_user
from decalogo.setup.files import PUBLIC_MODE, SecretFolder

SETTINGS_FILE = "worker.env"


def write_joined(root: Path, line: JoinLine, group: int | None) -> None:
    """Write the files into ``root``, replacing those of an earlier join.

    ``worker.env`` is in the form that systemd's ``EnvironmentFile`` and ``decalogo worker --environment`` read.

    Args:
        root: where the workers will see the files under the same path.
        line: as it was carried over.
        group: group of the workers' processes; ``None`` leaves ownership alone.
    """
    folder = SecretFolder(root, group)
    folder.replace("door.crt", line.certificate, mode=PUBLIC_MODE)
    folder.replace("redis-password", line.secret + "\n")
    folder.replace("token", line.bearer + "\n")
    settings = {
        "QUEUE__HOST": line.name,
        "REDIS__HOST": line.address,
        "REDIS__PORT": line.redis_port,
        "REDIS__USERNAME": redis_user(line.host_id),
        "REDIS__PASSWORD_FILE": root / "redis-password",
        "REDIS__CA_FILE": root / "door.crt",
        "STORAGE__URL": f"https://{_bracketed(line.address)}:{line.port}",
        "STORAGE__TOKEN_FILE": root / "token",
        "STORAGE__CA_FILE": root / "door.crt",
    }
    folder.replace(SETTINGS_FILE, "".join(f"DECALOGO_{name}={value}\n" for name, value in settings.items()))


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
