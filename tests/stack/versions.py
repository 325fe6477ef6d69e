"""Later versions of this repository, made for tests of update and rollback."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from appliance import REPOSITORY, Appliance

AUTHOR = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
FORMAT = re.compile(r"^(FORMAT: Final = )(\d+)$", re.MULTILINE)
VERSION = re.compile(r'^version = "(.*)"$', re.MULTILINE)


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return its output."""
    done = subprocess.run(["git", *AUTHOR, *arguments], cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


def current_version(folder: Path = REPOSITORY) -> str:
    """Return the version that a checkout has."""
    found = VERSION.search((folder / "app/pyproject.toml").read_text(encoding="utf-8"))
    assert found
    return found[1]


def release(source: Path, version: str, *, format_step: int = 0) -> None:
    """Commit and tag a version whose only changes are its number and the format of its data."""
    old = current_version(source)
    changes = [(path, old, version) for path in (*source.glob("compose*.yaml"), source / "app/pyproject.toml")]
    format_file = source / "app/src/decalogo/batches/format.py"
    text = FORMAT.sub(lambda found: f"{found[1]}{int(found[2]) + format_step}", format_file.read_text(encoding="utf-8"))
    format_file.write_text(text, encoding="utf-8")
    for path, before, after in changes:
        path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    git(source, "commit", "--quiet", "--all", "--message", f"Version {version}")
    git(source, "tag", f"v{version}")


def follow_source(appliance: Appliance, source: Path) -> Path:
    """Make a repository at ``source`` in which a test can release versions, and have the clone fetch from it."""
    git(source.parent, "clone", "--quiet", "--no-hardlinks", str(REPOSITORY), str(source))
    git(appliance.folder, "remote", "set-url", "origin", str(source))
    return source


def served_version(appliance: Appliance) -> str:
    """Return the version of the running API."""
    client = appliance.client(appliance.run("token", "admin").strip())
    return str(client.get("/api/v1/health")["version"])
