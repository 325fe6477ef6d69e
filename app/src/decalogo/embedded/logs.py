"""Read the logs of the services."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

POLL_SECONDS = 0.25


def tail(path: Path, *, lines: int) -> str:
    """Return the last lines of a log; empty if it is missing."""
    try:
        with path.open(encoding="utf-8", errors="replace") as handle:
            return "".join(deque(handle, maxlen=lines)).rstrip("\n")
    except FileNotFoundError:
        return ""


class Follower:
    """Read lines added to a log from now on, across its rotation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = path.stat().st_size if path.exists() else 0
        self._rest = ""

    def new_lines(self) -> Iterator[str]:
        """Yield the complete lines since the last call."""
        try:
            with self._path.open(encoding="utf-8", errors="replace") as handle:
                if self._path.stat().st_size < self._position:
                    self._position = 0  # rotated: this is a new file
                handle.seek(self._position)
                text = self._rest + handle.read()
                self._position = handle.tell()
        except FileNotFoundError:
            return
        *complete, self._rest = text.split("\n")
        yield from complete


def follow(followers: Mapping[str, Follower], emit: Callable[[str, str], None], *, going: Callable[[], bool]) -> None:
    """Pass every new line to ``emit(service, line)`` until ``going`` returns false."""
    more = True
    while more:
        more = going()  # before reading, so that the last lines are read too
        for name, follower in followers.items():
            for line in follower.new_lines():
                emit(name, line)
        if more:
            time.sleep(POLL_SECONDS)
