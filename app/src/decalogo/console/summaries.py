"""What a list shows of each result, kept in memory because results never change under their key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from decalogo.api.exports import read_result
from decalogo.api.kept import Kept
from decalogo.api.services import Services
from decalogo.batches.states import Document

_KEPT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Summary:
    """A result in a line.

    Attributes:
        percent: global result, 0 to 100; None where no point applies.
        rating: its name in the rubric.
        percentile: share of the reference plans at or below, 0 to 100; None where there is no reference.
        pages: of the document.
        flags: codes of the quality flags.
        points: point id to percent.
    """

    percent: float | None
    rating: str
    percentile: float | None
    pages: int
    flags: tuple[str, ...]
    points: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Row:
    """A document with its summary, if it has a result."""

    document: Document
    summary: Summary | None

    @property
    def name(self) -> str:
        """What people call the document."""
        return self.document.name


_cache: Kept[str, Summary] = Kept(_KEPT)


def rows_of(documents: Iterable[Document], services: Services) -> list[Row]:
    """Return documents with their summaries; blocking."""
    return [Row(document, _summary(document, services)) for document in documents]


def summarise(result: dict[str, Any]) -> Summary:
    """Return the summary of a result."""
    whole = result["global"]
    return Summary(
        percent=whole["percent"],
        rating=whole["rating"] or "",
        percentile=whole.get("percentile"),
        pages=result["document"]["pages"],
        flags=tuple(flag["code"] for flag in result["flags"]),
        points={point["id"]: point["percent"] for point in result["points"]},
    )


def _summary(document: Document, services: Services) -> Summary | None:
    key = document.result_key
    if not key:
        return None
    known = _cache.get(key)
    if known is not None:
        return known
    result = read_result(document, services)
    if result is None:
        return None
    summary = summarise(result)
    _cache.put(key, summary)
    return summary
