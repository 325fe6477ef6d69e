"""Which answers a reviewer sees first."""

from decalogo.console.review_filters import Filter, queue_of
from decalogo.reviews.model import DocumentReviews, Review, Track, Verdict, fingerprint


def answer(name: str, *evidence: tuple[str, int | None]) -> dict[str, object]:
    """Return an answer with pairs of element and confidence as its evidence."""
    return {
        "id": name,
        "applicable": True,
        "evidence": [{"element": element, "confidence": confidence} for element, confidence in evidence],
    }


def test_an_answer_is_as_certain_as_the_surest_quote_of_its_least_certain_element() -> None:
    answers = [
        answer("none"),
        answer("sure", ("a", 99), ("b", 96)),
        answer("one element in doubt", ("a", 99), ("b", 73)),
        answer("doubtful quote, sure quote", ("a", 70), ("a", 98)),
        answer("by a pattern alone", ("a", None)),
    ]
    ordered = queue_of({"answers": answers}, DocumentReviews(), Track.FIRST, Filter.LOW_CONFIDENCE)
    assert [one["id"] for one in ordered] == [
        "by a pattern alone",
        "one element in doubt",
        "sure",
        "doubtful quote, sure quote",
        "none",
    ]


def test_possible_passages_are_asked_for_surest_first_until_somebody_reviewed_them() -> None:
    bare, *named = ({**answer(name), "score": 0.0, "elements": {}} for name in ("bare", "one", "two", "surer"))
    for one, confidence in zip(named, (70, 30, 60), strict=True):
        one["possible"] = [{"element": "a", "page": 1, "confidence": confidence}]
    review = Review("one", Verdict.ACCEPTED, 1, "Ana", 0.0, fingerprint(named[0]))
    known = DocumentReviews(answers={(Track.FIRST, "one"): review})
    found = queue_of({"answers": [bare, *named]}, known, Track.FIRST, Filter.POSSIBLE)
    assert [one["id"] for one in found] == ["surer", "two"]
