"""Secret files: written once, whole or not at all, readable by the one group that needs them."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

# Read by the service's group, written by nobody: root stays the owner, so a service cannot change its own secrets.
SECRET_MODE = 0o440
PUBLIC_MODE = 0o444


@dataclass(frozen=True, slots=True)
class SecretFolder:
    """One service's folder of secrets.

    Attributes:
        path: the folder; made if missing.
        gid: group of the service's processes; ``None`` leaves ownership alone (embedded, tests).
    """

    path: Path
    gid: int | None = None

    def has(self, name: str) -> bool:
        """Tell whether the file is there."""
        return (self.path / name).exists()

    def read(self, name: str) -> str:
        """Return the file's text without surrounding white space; raises ``OSError``."""
        return (self.path / name).read_text(encoding="utf-8").strip()

    def write_once(self, name: str, text: str, *, mode: int = SECRET_MODE) -> bool:
        """Write a file that is not there yet; False, and nothing changed, if it is."""
        if self.has(name):
            return False
        draft = self._draft(name, text, mode)
        try:
            os.link(draft, self.path / name)  # unlike a rename, never replaces
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        return True

    def replace(self, name: str, text: str, *, mode: int = SECRET_MODE) -> bool:
        """Write a file derived from others, replacing it only if it differs; tell whether it was written."""
        if self.has(name) and self.read(name) == text.strip():
            return False
        self._draft(name, text, mode).rename(self.path / name)
        return True

    def password(self, name: str) -> str:
        """Return the password in a file, making one of 256 random bits if there is none."""
        self.write_once(name, secrets.token_hex(32) + "\n")
        return self.read(name)

    def _draft(self, name: str, text: str, mode: int) -> Path:
        self.path.mkdir(parents=True, exist_ok=True)
        draft = self.path / f".{name}.{secrets.token_hex(4)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if self.gid is not None:
            os.chown(draft, -1, self.gid)
        draft.chmod(mode)
        return draft
