"""A folder with the scripts of this repository, state of its own, and an engine that only records its calls."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LOAD = 'set -Eeuo pipefail; ROOT="$PWD"; for library in scripts/lib/*.sh; do source "$library"; done; read_dotenv; '
# Records its arguments. Its answers are in files that are named after the first words of a call.
DOCKER = """#!/bin/sh
echo "$*" >>"$NOTES/asked"
shift_options() { while [ "${1#-}" != "$1" ]; do shift 2; done; echo "$*"; }
words="$*"
if [ "$1" = compose ]; then shift; words="compose $(shift_options "$@")"; fi
for answer in "$NOTES"/answers/*; do
  case "$words" in
    "$(basename "$answer")"*) cat "$answer"; exit 0 ;;
  esac
done
for refusal in "$NOTES"/refused/*; do
  case "$words" in
    "$(basename "$refusal")"*) echo "refused: $words" >&2; exit 1 ;;
  esac
done
"""


class Checkout:
    """A folder with the scripts of this repository and state of its own.

    Args:
        folder: an empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("scripts", "config", "app"):
            (folder / name).symlink_to(ROOT / name)
        shutil.copy(ROOT / "appliance", folder / "appliance")
        shutil.copy(ROOT / "compose.no-grafana.yaml", folder)
        (folder / "var").mkdir()
        for name in ("bin", "notes/answers", "notes/refused"):
            (folder / name).mkdir(parents=True)
        docker = folder / "bin/docker"
        docker.write_text(DOCKER)
        docker.chmod(0o755)
        unset = ("WORKER_", "EMBEDDED_", "COMPOSE_", "DOCKER_", "BASE_IMAGE", "GRAFANA", "HOSTS_", "SUDO_", "NETWORK_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(unset)}
        path = f"{folder / 'bin'}:{os.environ['PATH']}"
        self.environment = {**inherited, "NOTES": str(folder / "notes"), "PATH": path}

    def answer(self, words: str, text: str) -> None:
        """Have the engine answer what begins with these words."""
        (self.folder / "notes/answers" / words).write_text(text)

    def refuse(self, words: str) -> None:
        """Have the engine fail at what begins with these words."""
        (self.folder / "notes/refused" / words).touch()

    def asked(self) -> str:
        """Return what the engine was asked, a line each."""
        notes = self.folder / "notes/asked"
        return notes.read_text() if notes.exists() else ""

    def run(self, code: str, *, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a line of bash among the scripts' functions."""
        return self._run(["bash", "-c", LOAD + code], stdin, environment)

    def appliance(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `./appliance …`."""
        return self._run(["./appliance", *arguments], "", {})

    def _run(self, command: list[str], stdin: str, more: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **more},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )
