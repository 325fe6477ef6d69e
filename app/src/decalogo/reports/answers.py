"""The answers of a result with their titles, and their quotes grouped by place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from decalogo.reports.labels import Labels

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def printable(text: str) -> str:
    """Return a text without control characters."""
    return _CONTROLS.sub("", text)


def plain(text: object) -> str:
    """Return a text on one line without control characters, for a cell."""
    return " ".join(printable(str(text)).split())


@dataclass(frozen=True)
class Quote:
    """A quote with the elements it is evidence for; its text is ``before + mark + after``.

    ``recognised``: the text comes from OCR and may have errors.
    """

    elements: tuple[str, ...]
    page: int
    start: int
    end: int
    before: str
    mark: str
    after: str
    recognised: bool = False

    @property
    def text(self) -> str:
        """Text of the quote on one line."""
        return plain(self.before + self.mark + self.after)

    @property
    def begins_inside(self) -> bool:
        """Whether the quote begins within a sentence."""
        return self.text[:1].islower()


@dataclass(frozen=True)
class Answer:
    """An answer with all that a report shows.

    ``possible``: passages that the model was not sure enough of; they do not count. ``computed``: the figure of a rule
    that computes, as a sentence, or "".
    """

    id: str
    point: str
    dimension: str
    question: str
    title: str
    applicable: bool
    score: float | None
    percent: float | None
    found: tuple[str, ...]
    missing: tuple[str, ...]
    quotes: tuple[Quote, ...]
    possible: tuple[Quote, ...]
    computed: str
    recommendation: str

    @property
    def shown(self) -> tuple[Quote, ...]:
        """Quotes and possible passages, in this order."""
        return self.quotes + self.possible


def answer_of(item: dict[str, Any], labels: Labels) -> Answer:
    """Return an answer of a result as a report shows it."""
    question = item["question"]
    score = item["score"]
    found: dict[str, bool] = item["elements"]
    named = [(labels.element(question, name), found[name]) for name in labels.in_order(question, found)]
    return Answer(
        id=item["id"],
        point=item["point"],
        dimension=item["dimension"],
        question=question,
        title=labels.question(question),
        applicable=item["applicable"],
        score=score,
        percent=None if score is None else 100 * score / labels.max_score,
        found=tuple(name for name, there in named if there),
        missing=() if labels.complete(score) else tuple(name for name, there in named if not there),
        quotes=_quotes(item["evidence"], question, labels),
        possible=_quotes(item.get("possible", ()), question, labels),
        computed=_computed(item.get("measure") or {}, labels),
        recommendation=item["recommendation"],
    )


def _computed(measure: Mapping[str, float], labels: Labels) -> str:
    words = labels.words
    if "value" in measure:
        return words.say("computed_value", percent=words.short(100 * measure["value"]))
    if measure.get("of"):
        counts = {name: words.short(measure[name]) for name in ("found", "of")}
        return words.say("computed_share", **counts, percent=words.number(100 * measure["found"] / measure["of"], 0))
    return ""


def _quotes(evidence: Sequence[dict[str, Any]], question: str, labels: Labels) -> tuple[Quote, ...]:
    """Group evidence by place, because one sentence is often evidence for several elements."""
    places: dict[tuple[int, int, int], list[dict[str, Any]]] = {}
    for item in evidence:
        places.setdefault((item["page"], item["start"], item["end"]), []).append(item)
    quotes = []
    for (page, start, end), items in places.items():
        text, matched = printable(items[0]["quote"]), printable(items[0].get("matched", ""))
        before, mark, after = text.partition(matched) if matched else (text, "", "")
        elements = tuple(dict.fromkeys(labels.element(question, item["element"]) for item in items))
        recognised = bool(items[0].get("recognised"))
        quotes.append(Quote(elements, page, start, end, before, mark, after, recognised))
    return tuple(quotes)
