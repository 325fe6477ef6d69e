"""The files of one embedded appliance, and the check that its data folder is usable."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from decalogo.errors import EmbeddedError

# sockaddr_un.sun_path with its final NUL (unix(7); BSD and macOS have 104), less supervisord's temporary ".<pid>".
SOCKET_PATH_LIMIT = (103 if sys.platform == "darwin" else 107) - 8
# Characters with a meaning in the configuration of supervisord, where not all values can be quoted.
UNSAFE_SIGNS = frozenset("\"'%;#\\\n\r,")


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one embedded appliance, all under its data folder."""

    data: Path

    @classmethod
    def at(cls, data: Path) -> Layout:
        """Return the layout of a data folder, with an absolute path for every process."""
        return cls(Path(os.path.abspath(data)))  # noqa: PTH100 - resolve() would follow a link of the operator

    @property
    def instance(self) -> Path:
        """Ports and workers of the last start; also the mark that the folder belongs to the appliance."""
        return self.data / "embedded.json"

    @property
    def secrets(self) -> Path:
        """Passwords and tokens, readable by their owner only."""
        return self.data / "secrets"

    @property
    def valkey(self) -> Path:
        """Append-only file of the server: ledger, queues and tokens."""
        return self.data / "valkey"

    @property
    def artifacts(self) -> Path:
        """Documents and results."""
        return self.data / "artifacts"

    @property
    def audit(self) -> Path:
        """Audit log."""
        return self.data / "audit"

    @property
    def logs(self) -> Path:
        """One rotated log per service."""
        return self.data / "logs"

    @property
    def run(self) -> Path:
        """Generated configuration, lock and socket; recreated at every start."""
        return self.data / "run"

    @property
    def tmp(self) -> Path:
        """The services' temporary files."""
        return self.data / "tmp"

    @property
    def lock(self) -> Path:
        """Lock file, held by the running supervisor only."""
        return self.run / "lock"

    @property
    def socket(self) -> Path:
        """Socket of the supervisor."""
        return self.run / "supervisor.sock"

    @property
    def folders(self) -> tuple[Path, ...]:
        """All folders that the embedded form makes."""
        return (self.secrets, self.valkey, self.artifacts, self.audit, self.logs, self.run, self.tmp)

    def prepare(self) -> None:
        """Make the folders for the owner only; raise ``EmbeddedError`` with the obstacle."""
        self._check_name()
        folder = self.data
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            self._check_owner()
            for folder in self.folders:
                folder.mkdir(mode=0o700, exist_ok=True)
            folder = self.data
            probe = self.run / ".write-test"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise EmbeddedError(
                f"cannot write in {folder}: {error.strerror}. Choose another data folder with --data."
            ) from error

    def clear_tmp(self) -> None:
        """Delete temporary files of killed services; call it while no service runs."""
        for path in self.tmp.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _check_name(self) -> None:
        bad = sorted(set(str(self.data)) & UNSAFE_SIGNS)
        if bad:
            raise EmbeddedError(
                f"the path of the data folder has {' '.join(map(repr, bad))}, which the supervisor does not"
                f" support: {self.data}. Choose another data folder with --data."
            )
        length = len(os.fsencode(self.socket))
        if length > SOCKET_PATH_LIMIT:
            raise EmbeddedError(
                f"the data folder's path is {length - SOCKET_PATH_LIMIT} bytes too long for a Unix socket inside it"
                f" ({self.socket}: {length} bytes, limit {SOCKET_PATH_LIMIT}). Choose a shorter one with --data."
            )

    def _check_owner(self) -> None:
        owner = self.data.stat().st_uid
        if self.instance.exists() and owner != os.geteuid():
            raise EmbeddedError(
                f"{self.data} belongs to the user with id {owner}, you are {os.geteuid()}. Run this as that user, or"
                " choose another data folder with --data."
            )
