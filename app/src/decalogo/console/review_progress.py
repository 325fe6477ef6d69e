"""Where the review of a document is, in a line of a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from decalogo.api.exports import read_result
from decalogo.api.kept import Kept
from decalogo.api.services import Services
from decalogo.batches.states import Document
from decalogo.reports.labels import labels_for
from decalogo.reviews.model import DocumentReviews, ReviewState, Track
from decalogo.reviews.scores import reviewed_result

_KEPT: Final = 20_000


class ReviewFilter(StrEnum):
    """Documents of a list by their review."""

    MINE = "mine"
    OPEN = "open"
    IN_REVIEW = "in_review"
    SIGNED = "signed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Progress:
    """A review in a line.

    Attributes:
        done: answers that the first reader reviewed, of ``total``.
        percent: the reviewed result; None where no point applies.
        signed_by: person who signed; "" while nobody has.
    """

    state: ReviewState
    readers: Mapping[Track, str]
    done: int
    total: int
    percent: float | None
    signed_by: str

    def shown_to(self, reader: str) -> bool:
        """Return whether a reader may see the reviewed result: a second reader is blind before the signature."""
        return bool(self.signed_by) or self.readers.get(Track.SECOND) != reader


_cache: Kept[tuple[str, int], Progress] = Kept(_KEPT)


def progress_of(document: Document, services: Services) -> Progress | None:
    """Return the review of a document; None where it has no result or nobody did anything yet; blocking."""
    size = services.reviews.size(document.document_id)
    if not size or not document.result_key:
        return None
    key = (document.result_key, size)
    known = _cache.get(key)
    if known is None:
        result = read_result(document, services)
        if result is None:
            return None
        known = _progress(result, services.reviews.of(document.document_id))
        _cache.put(key, known)
    return known


def passes(document: Document, services: Services, wanted: ReviewFilter, reader: str) -> bool:
    """Return whether a document belongs to a list."""
    if not document.result_key:
        return False
    found = progress_of(document, services)
    if wanted is ReviewFilter.MINE:
        return found is not None and reader in found.readers.values()
    return (found.state.value if found else ReviewState.OPEN.value) == wanted.value


def _progress(result: dict[str, Any], known: DocumentReviews) -> Progress:
    reviewed = reviewed_result(result, known, labels_for(result).max_score)
    return Progress(
        state=known.state,
        readers={track: name for track, name in known.reviewers.items() if name},
        done=reviewed["counts"]["reviewed"],
        total=sum(reviewed["counts"].values()),
        percent=reviewed["global"] if reviewed["counts"]["reviewed"] or known.signature else None,
        signed_by=known.signature.person if known.signature else "",
    )
