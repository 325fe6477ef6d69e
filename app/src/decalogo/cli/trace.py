"""Following one batch or document through the logs of all services, whichever wrote them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.settings import get_settings

_ID = re.compile(r"\b(?:batch|doc)_[0-9a-z]{26}\b")
_REQUEST_ID = re.compile(r'"request_id": ?"([^"]{1,64})"')
_TIME = re.compile(r'"(?:timestamp|time)": ?"([^"]+)"')


class Trace:
    """Knows which lines belong to what is followed.

    A line belongs if it names the batch or one of its documents, or the request in which one of these was named: so the
    edge's line of the upload belongs, too, which cannot know the batch.

    Args:
        ids: the batch and its documents, or a document alone.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = frozenset(ids)
        self._requests: set[str] = set()

    def look(self, line: str) -> bool:
        """Tell whether a line belongs, and learn the request that it names."""
        request = _REQUEST_ID.search(line)
        named = _ID.findall(line)
        if named:  # also by a caller who gives all its requests one id
            mine = not self._ids.isdisjoint(named)
            if mine and request:
                self._requests.add(request[1])
            return mine
        return bool(request and request[1] in self._requests)

    def select(self, lines: Iterable[str]) -> list[str]:
        """Return the lines that belong, in the order of their times; learns from all of them before it judges one."""
        kept = list(lines)
        for line in kept:
            self.look(line)
        return sorted((line for line in kept if self.look(line)), key=_moment)

    def follow(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield lines that belong as they come; an edge writes its line after the API has written its own."""
        return (line for line in lines if self.look(line))


def ids_of(ledger: Ledger, name: str) -> list[str]:
    """Return what a batch or document is called in the logs; itself alone when the ledger no longer knows it."""
    if name.startswith("batch_"):
        return [name, *(document.document_id for document in ledger.iterate(name))]
    return [name]


def trace(name: str, follow: bool) -> None:
    """Print the lines of standard input that belong to a batch or document."""
    picked = Trace(ids_of(open_ledger(get_settings()), name))
    for line in picked.follow(sys.stdin) if follow else picked.select(sys.stdin):
        sys.stdout.write(line)
        if follow:
            sys.stdout.flush()


def _moment(line: str) -> float:
    found = _TIME.search(line)
    try:
        return datetime.fromisoformat(found[1]).timestamp() if found else 0.0
    except ValueError:
        return 0.0
