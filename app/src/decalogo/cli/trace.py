"""``decalogo trace``: filter the log lines of one batch or document from the logs of all services."""

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
    """Selects log lines.

    A line is selected if it has the id of the batch or of one of its documents, or a request id that was logged
    together with one of these. So the reverse proxy's line of the upload, which has no batch id, is selected too.

    Args:
        ids: the batch and its documents, or one document.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = frozenset(ids)
        self._requests: set[str] = set()

    def matches(self, line: str) -> bool:
        """Return whether a line is selected; remember its request id."""
        request = _REQUEST_ID.search(line)
        named = _ID.findall(line)
        if named:  # decides also for clients that use one request id for all their requests
            mine = not self._ids.isdisjoint(named)
            if mine and request:
                self._requests.add(request[1])
            return mine
        return bool(request and request[1] in self._requests)

    def select(self, lines: Iterable[str]) -> list[str]:
        """Return the selected lines by time; a first pass collects the request ids."""
        kept = list(lines)
        for line in kept:
            self.matches(line)
        return sorted((line for line in kept if self.matches(line)), key=_moment)

    def follow(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield selected lines as they arrive; the reverse proxy logs a request after the API does."""
        return (line for line in lines if self.matches(line))


def ids_of(ledger: Ledger, name: str) -> list[str]:
    """Return the ids to look for: a batch with its documents, or ``name`` alone if the ledger does not have it."""
    if name.startswith("batch_"):
        return [name, *(document.document_id for document in ledger.iterate(name))]
    return [name]


def trace(name: str, follow: bool) -> None:
    """Print the lines of standard input about a batch or document."""
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
