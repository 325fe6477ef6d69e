"""Which records of the audit log somebody asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

DISORDER_SECONDS: Final = 86_400
"""How much older than a record before it a record may be: uploads enter the log after they are accepted."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Criteria that all must hold; the default selects every record.

    Attributes:
        since, until: Unix times, the first included, the second not; None has no bound.
        actions: names such as ``token.create``, where ``*`` stands for any text; one must match.
        token: id of the token that acted, or that the action changed.
        subject: id of a batch, a document, a share or a host.
    """

    since: float | None = None
    until: float | None = None
    actions: Sequence[str] = ()
    token: str = ""
    subject: str = ""

    def selects(self, record: Mapping[str, Any]) -> bool:
        """Return whether a record meets every criterion."""
        return (
            (self.since is None or record["time"] >= self.since)
            and (self.until is None or record["time"] < self.until)
            and (not self.actions or any(fnmatchcase(record["action"], action) for action in self.actions))
            and (not self.token or self.token in (record.get("token"), record.get("of")))
            and (not self.subject or _concerns(record, self.subject))
        )

    def ends_before(self, record: Mapping[str, Any]) -> bool:
        """Return whether neither this record nor an older one can be selected."""
        return self.since is not None and record["time"] < self.since - DISORDER_SECONDS


EVERYTHING: Final = Selection()


def _concerns(record: Mapping[str, Any], subject: str) -> bool:
    named = (record.get(name) for name in ("batch", "document", "documents", "share", "target", "host", "sha256"))
    return any(subject == value or (isinstance(value, list | dict) and subject in value) for value in named)
