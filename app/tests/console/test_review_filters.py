"""Which answers a reviewer sees first."""

from decalogo.console.review_filters import Filter, queue_of
from decalogo.reviews.model import DocumentReviews, Track


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
