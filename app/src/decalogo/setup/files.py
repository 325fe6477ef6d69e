"""Secret files: written once and atomically, readable by the group of one service."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

# Readable by the group of the service. Root is the owner, so that a service cannot change its own secrets.
SECRET_MODE = 0o440
PUBLIC_MODE = 0o444


@dataclass(frozen=True, slots=True)
class SecretFolder:
    """The secrets folder of one service.

    Attributes:
        path: the folder; created if missing.
        gid: group of the service; ``None`` keeps the ownership (embedded form, tests).
    """

    path: Path
    gid: int | None = None

    def has(self, name: str) -> bool:
        """Return whether the file exists."""
        return (self.path / name).exists()

    def read(self, name: str) -> str:
        """Return the text of a file without surrounding white space; raise ``OSError`` if it cannot be read."""
        return (self.path / name).read_text(encoding="utf-8").strip()

    def write_once(self, name: str, text: str, *, mode: int = SECRET_MODE) -> bool:
        """Write a file unless it exists; return whether it was written."""
        if self.has(name):
            return False
        draft = self._draft(name, text, mode)
        try:
            os.link(draft, self.path / name)  # a rename would replace the file
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        return True

    def replace(self, name: str, text: str, *, mode: int = SECRET_MODE) -> bool:
        """Write a derived file unless it has this text already; return whether it was written."""
        if self.has(name) and self.read(name) == text.strip():
            return False
        self._draft(name, text, mode).rename(self.path / name)
        return True

    def password(self, name: str) -> str:
        """Return the password in a file; make one of 256 random bits if the file is missing."""
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
