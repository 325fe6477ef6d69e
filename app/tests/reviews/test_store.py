"""Reviews are kept, versioned, and never overwrite each other."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from decalogo.access.tokens import Scope, Tier, Token
from decalogo.errors import ConflictError, PreconditionFailedError
from decalogo.reviews.model import ReviewState, Track, Verdict
from decalogo.reviews.scores import reviewed_result
from decalogo.reviews.store import NewReview, ReviewStore
from decalogo.storage.artifacts import ArtifactStore

DOCUMENT = "doc_7m2p4s6t8v0w1x3y5z7a9b1c3d"


def token(name: str) -> Token:
    return Token(f"id{name}", name, "office", Tier.STANDARD, frozenset(Scope), 0.0, 0.0)


def answer(name: str, score: float = 1.5) -> dict[str, Any]:
    return {
        "id": name,
        "point": "P1",
        "dimension": "D1",
        "question": "Q1",
        "applicable": True,
        "score": score,
        "elements": {"dato": True, "fuente": False},
        "evidence": [{"element": "dato", "page": 1, "start": 0, "end": 4, "quote": "dato"}],
    }


@pytest.fixture
def reviews(tmp_path: Path) -> ReviewStore:
    return ReviewStore(ArtifactStore(tmp_path))


def test_a_review_is_there_for_the_next_process(reviews: ReviewStore, tmp_path: Path) -> None:
    reviews.put(DOCUMENT, NewReview("P1-D1-Q1", Verdict.ACCEPTED), answer("P1-D1-Q1"), token("ana"), 0)
    known = ReviewStore(ArtifactStore(tmp_path)).of(DOCUMENT)
    assert known.state is ReviewState.IN_REVIEW
    assert known.answers[Track.FIRST, "P1-D1-Q1"].reviewer == "ana"


def test_the_second_of_two_edits_from_the_same_version_is_refused(reviews: ReviewStore) -> None:
    reviews.put(DOCUMENT, NewReview("P1-D1-Q1", Verdict.ACCEPTED), answer("P1-D1-Q1"), token("ana"), 0)
    with pytest.raises(PreconditionFailedError):
        reviews.put(DOCUMENT, NewReview("P1-D1-Q1", Verdict.REJECTED), answer("P1-D1-Q1"), token("luis"), 0)
    later = reviews.put(DOCUMENT, NewReview("P1-D1-Q1", Verdict.REJECTED), answer("P1-D1-Q1"), token("luis"), 1)
    assert later.version == 2


def test_of_many_reviewers_at_the_same_time_one_wins_each_version(reviews: ReviewStore) -> None:
    outcomes: list[str] = []

    def attempt(name: str) -> None:
        try:
            reviews.put(DOCUMENT, NewReview("P1-D1-Q1", Verdict.ACCEPTED), answer("P1-D1-Q1"), token(name), 0)
            outcomes.append("stored")
        except PreconditionFailedError:
            outcomes.append("refused")

    threads = [threading.Thread(target=attempt, args=(f"r{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 7 + ["stored"]


def test_a_signed_document_changes_only_after_it_is_reopened(reviews: ReviewStore) -> None:
    reviews.put(DOCUMENT, NewReview("P1-D1-Q1", Verdict.ACCEPTED), answer("P1-D1-Q1"), token("ana"), 0)
    signed = reviews.sign(DOCUMENT, "f" * 64, "Ana Ruiz", token("ana"))
    assert signed.signature is not None
    assert signed.signature.reviews_sha256 == signed.digest()
    with pytest.raises(ConflictError):
        reviews.put(DOCUMENT, NewReview("P1-D1-Q1", Verdict.REJECTED), answer("P1-D1-Q1"), token("luis"), 1)
    with pytest.raises(ConflictError):
        reviews.sign(DOCUMENT, "f" * 64, "", token("luis"))
    assert reviews.reopen(DOCUMENT, "a wrong figure", token("ana")).signature is None
    reviews.put(DOCUMENT, NewReview("P1-D1-Q1", Verdict.REJECTED), answer("P1-D1-Q1"), token("luis"), 1)


def test_half_a_line_after_a_crash_costs_nothing_that_was_acknowledged(reviews: ReviewStore, tmp_path: Path) -> None:
    reviews.put(DOCUMENT, NewReview("P1-D1-Q1", Verdict.ACCEPTED), answer("P1-D1-Q1"), token("ana"), 0)
    with ArtifactStore(tmp_path).path(f"reviews/{DOCUMENT}").open("ab") as file:
        file.write(b'{"kind": "rev')
    reviews.put(DOCUMENT, NewReview("P1-D1-Q2", Verdict.ACCEPTED), answer("P1-D1-Q2"), token("ana"), 0)
    assert len(reviews.of(DOCUMENT).of()) == 2


def test_bulk_acceptance_leaves_what_is_reviewed(reviews: ReviewStore) -> None:
    reviews.put(DOCUMENT, NewReview("P1-D1-Q1", Verdict.REJECTED), answer("P1-D1-Q1"), token("ana"), 0)
    count = reviews.accept(DOCUMENT, [answer("P1-D1-Q1"), answer("P1-D1-Q2")], token("ana"))
    assert count == 1
    assert reviews.of(DOCUMENT).of()["P1-D1-Q1"].verdict is Verdict.REJECTED


def test_a_second_reader_writes_to_a_track_of_its_own(reviews: ReviewStore) -> None:
    reviews.assign(DOCUMENT, Track.SECOND, "luis", token("ana"))
    reviews.put(DOCUMENT, NewReview("P1-D1-Q1", Verdict.ACCEPTED), answer("P1-D1-Q1"), token("ana"), 0)
    reviews.put(DOCUMENT, NewReview("P1-D1-Q1", Verdict.REJECTED), answer("P1-D1-Q1"), token("luis"), 0)
    known = reviews.of(DOCUMENT)
    assert known.of(Track.FIRST)["P1-D1-Q1"].verdict is Verdict.ACCEPTED
    assert known.of(Track.SECOND)["P1-D1-Q1"].verdict is Verdict.REJECTED


def result(score: float) -> dict[str, Any]:
    return {
        "answers": [answer("P1-D1-Q1", score), answer("P1-D1-Q2")],
        "points": [{"id": "P1"}],
        "dimensions": [{"id": "D1"}],
    }


def test_corrected_elements_give_the_score_that_follows_from_them(reviews: ReviewStore) -> None:
    new = NewReview("P1-D1-Q1", Verdict.CORRECTED, elements={"fuente": True})
    reviews.put(DOCUMENT, new, answer("P1-D1-Q1"), token("ana"), 0)
    found = reviewed_result(result(1.5), reviews.of(DOCUMENT), 3.0)
    assert found["answers"][0]["score"] == 3.0
    assert found["global"] == 75.0
    assert found["counts"] == {"reviewed": 1, "stale": 0, "unreviewed": 1}


def test_a_review_of_an_answer_that_changed_since_waits_for_a_second_look(reviews: ReviewStore) -> None:
    new = NewReview("P1-D1-Q1", Verdict.CORRECTED, score=0.0)
    reviews.put(DOCUMENT, new, answer("P1-D1-Q1", 1.5), token("ana"), 0)
    found = reviewed_result(result(3.0), reviews.of(DOCUMENT), 3.0)
    assert found["answers"][0]["score"] == 3.0
    assert found["answers"][0]["review"]["second_look"] is True
    assert found["counts"] == {"reviewed": 0, "stale": 1, "unreviewed": 1}
