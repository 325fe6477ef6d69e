"""Which answers of a document a reviewer wants to see, and in what order."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from decalogo.reviews.model import DocumentReviews, Track, Verdict, fingerprint


class Filter(StrEnum):
    """Answers to review."""

    UNREVIEWED = "unreviewed"
    LOW_CONFIDENCE = "low_confidence"
    POSSIBLE = "possible"
    DISAGREEMENTS = "disagreements"
    SECOND_LOOK = "second_look"
    ALL = "all"


def queue_of(result: Mapping[str, Any], known: DocumentReviews, track: Track, show: Filter) -> list[dict[str, Any]]:
    """Return the answers of a filter.

    Those of low confidence come least confident first, those with possible passages surest first, others in order.
    """
    mine = known.of(track)
    applicable = [answer for answer in result["answers"] if answer["applicable"]]
    if show is Filter.UNREVIEWED:
        return [answer for answer in applicable if answer["id"] not in mine]
    if show is Filter.LOW_CONFIDENCE:
        open_ones = [answer for answer in applicable if answer["id"] not in mine]
        return sorted(open_ones, key=_certainty)
    if show is Filter.POSSIBLE:
        named = [answer for answer in applicable if answer.get("possible") and answer["id"] not in mine]
        return sorted(named, key=lambda answer: -(answer["possible"][0].get("confidence") or 0))
    if show is Filter.DISAGREEMENTS:
        return [a for a in applicable if a["id"] in mine and mine[a["id"]].verdict is not Verdict.ACCEPTED]
    if show is Filter.SECOND_LOOK:
        return [a for a in applicable if a["id"] in mine and mine[a["id"]].fingerprint != fingerprint(a)]
    return applicable


def _certainty(answer: Mapping[str, Any]) -> tuple[bool, int]:
    """Return a key for sorting: answers with evidence by their least certain element, then those without evidence."""
    surest: dict[str, int] = {}
    for item in answer["evidence"]:
        surest[item["element"]] = max(surest.get(item["element"], 0), item.get("confidence") or 0)
    return not surest, min(surest.values(), default=0)
