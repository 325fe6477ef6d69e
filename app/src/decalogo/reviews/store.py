"""Writes and reads reviews; every write is on disk before it returns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from decalogo.access.tokens import Token
from decalogo.errors import ConflictError, PreconditionFailedError
from decalogo.reviews.journal import Entry, Journal
from decalogo.reviews.model import DocumentReviews, Review, ReviewState, Track, Verdict, fingerprint, fold
from decalogo.storage.artifacts import ArtifactStore

Audit = Callable[..., None]
"""Records an act before it is stored: ``audit(action, **facts)``. A refused act leaves no record."""


def _unrecorded(action: str, **facts: object) -> None:
    """Record nothing, for callers without an audit log."""


@dataclass(frozen=True, slots=True)
class NewReview:
    """A review as a reviewer gives it; see :class:`decalogo.reviews.model.Review`."""

    answer: str
    verdict: Verdict
    score: float | None = None
    elements: Mapping[str, bool] = field(default_factory=dict)
    comment: str = ""


class ReviewStore:
    """Reviews of the documents in the store.

    Args:
        store: keeps the journals, as ``reviews/<document id>``.
    """

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store

    def of(self, document_id: str) -> DocumentReviews:
        """Return the reviews of a document."""
        return fold(self._journal(document_id).read())

    def size(self, document_id: str) -> int:
        """Return the size of a document's journal, bytes; it changes with every entry."""
        return self._journal(document_id).size()

    def put(
        self,
        document_id: str,
        new: NewReview,
        answer: Mapping[str, Any],
        token: Token,
        expected: int | Callable[[int], bool],
        audit: Audit = _unrecorded,
    ) -> Review:
        """Add a review of one answer.

        Args:
            document_id: the document.
            new: the review.
            answer: the machine's answer under review.
            token: the reviewer's.
            expected: version of the review that the reviewer saw, 0 if there was none yet; or what a version must meet.
            audit: records the review.

        Raises:
            PreconditionFailedError: somebody else reviewed the answer meanwhile.
            ConflictError: the document is signed.
            UnavailableError: the disk cannot be written.
        """

        def make(entries: Sequence[Entry]) -> list[Entry]:
            document = _writable(entries)
            track = document.track_of(token.name)
            known = document.answers.get((track, new.answer))
            version = known.version if known else 0
            if not (expected(version) if callable(expected) else expected == version):
                raise PreconditionFailedError(
                    "Somebody else reviewed this answer meanwhile; look at that review first.", version=version
                )
            return [_entry(new, track, version + 1, answer, token)]

        def record(_entries: Sequence[Entry]) -> None:
            audit("review.put", document=document_id, answer=new.answer, verdict=new.verdict.value)

        document = fold(self._journal(document_id).append(make, record))
        return document.answers[document.track_of(token.name), new.answer]

    def accept(
        self, document_id: str, answers: Iterable[Mapping[str, Any]], token: Token, audit: Audit = _unrecorded
    ) -> int:
        """Accept the machine's answers that this reader has not reviewed yet; return how many there were.

        Raises:
            ConflictError, UnavailableError: as for :meth:`put`.
        """
        wanted = list(answers)
        count = 0

        def make(entries: Sequence[Entry]) -> list[Entry]:
            nonlocal count
            document = _writable(entries)
            track = document.track_of(token.name)
            open_ones = [a for a in wanted if (track, a["id"]) not in document.answers]
            count = len(open_ones)
            return [_entry(NewReview(a["id"], Verdict.ACCEPTED), track, 1, a, token) for a in open_ones]

        def record(entries: Sequence[Entry]) -> None:
            audit("review.accept", document=document_id, answers=len(entries))

        self._journal(document_id).append(make, record)
        return count

    def assign(
        self, document_id: str, track: Track, reviewer: str, token: Token, audit: Audit = _unrecorded
    ) -> DocumentReviews:
        """Assign a document to a reader; an empty name takes the assignment back."""

        def make(entries: Sequence[Entry]) -> list[Entry]:
            _writable(entries)
            return [_common("assign", token) | {"track": track.value, "reviewer": reviewer}]

        def record(_entries: Sequence[Entry]) -> None:
            audit("review.assign", document=document_id, track=track.value, reviewer=reviewer)

        return fold(self._journal(document_id).append(make, record))

    def sign(
        self, document_id: str, result_sha256: str, person: str, token: Token, audit: Audit = _unrecorded
    ) -> DocumentReviews:
        """Sign the result with its reviews.

        Raises:
            ConflictError: it is signed already.
        """

        def make(entries: Sequence[Entry]) -> list[Entry]:
            document = _writable(entries)
            return [
                _common("sign", token)
                | {"person": person or token.name, "result_sha256": result_sha256, "reviews_sha256": document.digest()}
            ]

        def record(entries: Sequence[Entry]) -> None:
            digests = {"result": result_sha256, "reviews": entries[0]["reviews_sha256"]}
            audit("review.sign", document=document_id, **digests)

        return fold(self._journal(document_id).append(make, record))

    def reopen(self, document_id: str, reason: str, token: Token, audit: Audit = _unrecorded) -> DocumentReviews:
        """Take a signature back, with a reason.

        Raises:
            ConflictError: it is not signed.
        """

        def make(entries: Sequence[Entry]) -> list[Entry]:
            if fold(entries).state is not ReviewState.SIGNED:
                raise ConflictError("The document is not signed.")
            return [_common("reopen", token) | {"reason": reason}]

        def record(_entries: Sequence[Entry]) -> None:
            audit("review.reopen", document=document_id)  # the reason may quote the document

        return fold(self._journal(document_id).append(make, record))

    def _journal(self, document_id: str) -> Journal:
        return Journal(self._store.path(f"reviews/{document_id}"))


def _writable(entries: Sequence[Entry]) -> DocumentReviews:
    document = fold(entries)
    if document.state is ReviewState.SIGNED:
        raise ConflictError("The document is signed; reopen it with a reason before changing its reviews.")
    return document


def _common(kind: str, token: Token) -> Entry:
    return {"kind": kind, "time": round(time.time(), 3), "by": token.name, "token": token.token_id}


def _entry(new: NewReview, track: Track, version: int, answer: Mapping[str, Any], token: Token) -> Entry:
    return _common("review", token) | {
        "track": track.value,
        "answer": new.answer,
        "verdict": new.verdict.value,
        "version": version,
        "reviewer": token.name,
        "fingerprint": fingerprint(answer),
        "score": new.score,
        "elements": dict(new.elements),
        "comment": new.comment,
    }
