"""Programs that look at the appliance from outside, in an environment of their own (app/requirements-tools.lock)."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from appliance import REPOSITORY

VENV = REPOSITORY / ".venv-tools"
LOCK = REPOSITORY / "app/requirements-tools.lock"


def tool(name: str) -> str:
    """Return the path of a program, installing all of them first if the lock has changed since."""
    stamp, wanted = VENV / "stamp", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            str(LOCK),
        ]
        subprocess.run([str(VENV / "bin/python"), *install], check=True)
        stamp.write_text(wanted)
    return str(Path(VENV) / "bin" / name)
