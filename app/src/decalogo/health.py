"""Health checks by progress: a service touches a file when it makes progress; the check reads the age of the file."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from decalogo.settings import Settings


def _heartbeat_file(role: str) -> Path:
    return Path(tempfile.gettempdir()) / f"decalogo-{role}.heartbeat"


def beat(role: str) -> None:
    """Record progress of a service."""
    _heartbeat_file(role).touch()


def check(role: str, settings: Settings) -> str | None:
    """Return the problem of the local ``api``, ``worker`` or ``scheduler``; None when it is healthy."""
    if role == "api":
        try:
            with urlopen(f"http://127.0.0.1:{settings.api.port}/api/v1/health", timeout=3) as answer:
                return None if answer.status == 200 else f"answered {answer.status}"
        except OSError as error:
            return f"does not answer: {error}"
    try:
        age = time.time() - _heartbeat_file(role).stat().st_mtime
    except FileNotFoundError:
        return "has made no progress yet"
    limit = 3 * settings.queue.lease_seconds
    return None if age < limit else f"made no progress for {age:.0f} s (limit {limit:.0f} s)"
