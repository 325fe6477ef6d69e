"""What reviews say about the machine: counts, intervals, agreement, labelled data."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.reviews.labels import labelled
from decalogo.reviews.model import DocumentReviews, fingerprint, fold
from decalogo.reviews.quality import Quality, agreement, wilson
from tests.reviews.test_store import answer


def result(*answers: dict[str, Any]) -> dict[str, Any]:
    return {"answers": list(answers), "rubric": {"version": "2.0.0"}, "document": {"sha256": "a" * 64}}


def reviewed(machine: dict[str, Any], verdict: str, track: str = "first", **more: Any) -> dict[str, Any]:
    return {
        "kind": "review", "track": track, "answer": machine["id"], "verdict": verdict, "version": 1, "reviewer": track,
        "time": 1_767_268_800.0, "fingerprint": fingerprint(machine), "score": None, "elements": {}, "comment": "",
    } | more  # fmt: skip


def quality(*pairs: tuple[dict[str, Any], DocumentReviews]) -> dict[str, Any]:
    found = Quality()
    for machine, reviews in pairs:
        found.add(machine, reviews)
    return found.as_dict()


def test_counts_follow_the_verdicts() -> None:
    accepted, corrected, rejected, moot = (answer(f"P1-D1-Q{n}") for n in (1, 1, 1, 1))
    for number, machine in enumerate((accepted, corrected, rejected, moot)):
        machine["id"] = f"P{number}-D1-Q1"
    reviews = fold(
        [
            reviewed(accepted, "accepted"),  # dato there: right; fuente not there: absent
            reviewed(corrected, "corrected", elements={"dato": True, "fuente": True}),  # fuente: overlooked
            reviewed(rejected, "rejected"),  # dato: wrong
            reviewed(moot, "not_applicable"),  # says nothing about the machine
        ]
    )
    found = quality((result(accepted, corrected, rejected, moot), reviews))
    whole = found["whole"]
    assert [whole[name] for name in ("right", "wrong", "absent", "overlooked")] == [2, 1, 2, 1]
    assert (whole["found"], whole["searched"]) == (4, 8)
    assert whole["precision"] == pytest.approx(2 / 3, abs=1e-4)
    assert whole["recall"] == pytest.approx((2 / 3 * 4) / (2 / 3 * 4 + 1 / 3 * 4), abs=1e-4)
    assert found["questions"] == [{"question": "Q1", **whole}]
    assert [row["element"] for row in found["elements"]] == ["dato", "fuente"]
    assert [(row["month"], row["rubric_version"]) for row in found["drift"]] == [("2026-01", "2.0.0")]


def test_merged_counts_are_those_of_all_documents_together() -> None:
    one, other = answer("P1-D1-Q1"), answer("P2-D1-Q1", 0.75)
    pairs = [
        (result(one), fold([reviewed(one, "accepted"), reviewed(one, "rejected", "second")])),
        (result(other), fold([reviewed(other, "rejected")])),
    ]
    merged = Quality()
    for machine, reviews in pairs:
        single = Quality()
        single.add(machine, reviews)
        merged.merge(single)
    assert merged.as_dict() == quality(*pairs)


@given(st.integers(0, 400), st.integers(0, 400))
def test_an_interval_holds_its_share_and_narrows_with_more_observations(hits: int, misses: int) -> None:
    low, high = wilson(hits, hits + misses)
    assert 0 <= low <= high <= 1
    if hits + misses:
        assert low - 1e-9 <= hits / (hits + misses) <= high + 1e-9
        wider = wilson(hits * 4, (hits + misses) * 4)
        assert wider[1] - wider[0] <= high - low + 1e-9


def test_an_interval_is_wilsons() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)  # Newcombe 1998
    assert wilson(0, 0) == (0.0, 1.0)


def test_agreement_corrects_for_chance() -> None:
    assert agreement({}) == {"answers": 0, "agreement": None, "kappa": None}
    assert agreement({("a", "a"): 20, ("b", "b"): 15, ("a", "b"): 5, ("b", "a"): 10}) == {
        "answers": 50,
        "agreement": 0.7,
        "kappa": 0.4,
    }


def test_labelled_data_has_what_the_person_says_and_proves_it() -> None:
    kept, changed, stale = (answer(f"P{n}-D1-Q1") for n in (1, 2, 3))
    for number, machine in enumerate((kept, changed, stale), 1):
        machine["point"] = f"P{number}"
    entries = [
        reviewed(kept, "accepted"),
        reviewed(changed, "corrected", elements={"dato": False, "fuente": True}),
        reviewed(stale, "accepted", fingerprint="of an earlier answer"),
    ]
    pages = ["uno", "dato dos"]
    for machine in (kept, changed, stale):
        machine["evidence"] = [
            {"element": "dato", "page": 2, "start": 0, "end": 8, "quote": "dato dos"},
            {"element": "dato", "page": 2, "start": 0, "end": 4, "quote": "dato"},
        ]
    entries = [entry | {"fingerprint": fingerprint(m)} for entry, m in zip(entries[:2], (kept, changed), strict=True)]
    entries.append(reviewed(stale, "accepted", fingerprint="of an earlier answer"))
    rows = list(labelled("doc_x", result(kept, changed, stale), fold(entries), pages))
    text = "uno\ndato dos"
    excerpt = {
        "file": "a" * 64, "pages": [1, 2], "start": 0, "end": len(text),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }  # fmt: skip
    assert rows == [
        {"id": "doc_x-P1", "point": "P1", **excerpt, "labels": {"Q1.dato": 1, "Q1.fuente": 0},
         "spans": {"Q1.dato": [4, 8]}},
        {"id": "doc_x-P2", "point": "P2", **excerpt, "labels": {"Q1.dato": 0, "Q1.fuente": 1}, "spans": {}},
    ]  # fmt: skip
    start, end = rows[0]["spans"]["Q1.dato"]
    assert text[start:end] == "dato"
