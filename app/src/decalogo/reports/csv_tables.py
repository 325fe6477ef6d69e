"""Render CSV tables; text that a spreadsheet would evaluate as a formula is escaped."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from decalogo.reports.answers import plain
from decalogo.reports.view import View
from decalogo.reports.words import Words

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_LATER_FORMULA = re.compile(r"([,;\t][\s\"']*)(?=[=@＝＠]|[+\-＋－](?![\d.,\s]*\d\s*(?:[%,;.)]|$)))")
"""A formula after a separator, where a cell begins for a spreadsheet that splits the text by another one."""
BOM = "\ufeff"
"""Byte order mark: spreadsheets then read the file as UTF-8."""


def safe(text: object) -> str:
    """Return the text of a cell on one line, with an apostrophe before the start of each formula (CWE-1236).

    A spreadsheet may split the file by comma, semicolon or tab, whatever the file was written with, so a formula may
    also begin after one of them. Numbers such as ``-3,5 %`` stay as they are there.
    """
    cell = _LATER_FORMULA.sub(r"\1'", plain(text))
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def table(rows: Iterable[Sequence[object]], words: Words, *, excel: bool = False) -> bytes:
    """Return rows as CSV in UTF-8, with texts made safe.

    Args:
        rows: cells; a ``float`` or ``int`` is a number, a ``datetime`` a time, ``None`` nothing, anything else text.
        words: texts of the language, which have its number format.
        excel: write a byte order mark, and the separator and decimal sign of the language, as its spreadsheets expect;
            otherwise comma and point (RFC 4180).
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=words["separator"] if excel else ",", lineterminator="\r\n")
    for row in rows:
        writer.writerow([_cell(value, words, excel) for value in row])
    return ((BOM if excel else "") + out.getvalue()).encode()


def _cell(value: object, words: Words, excel: bool) -> object:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return words.moment(value) if excel else value.isoformat()
    if isinstance(value, int | float):
        text = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
        return text.replace(".", words["decimal"]) if excel else text
    return safe(value)


ANSWER_COLUMNS = (
    "id", "point", "point_title", "dimension", "dimension_title", "question", "question_title", "score", "max_score",
    "found", "missing", "quotes", "page", "quote", "recommendation", "partial",
    "reviewed_score", "verdict", "reviewed_found", "reviewed_missing", "comment", "reviewer", "reviewed_at",
    "signed_by", "signed_at", "possible",
)  # fmt: skip
"""Columns of a table of answers; in plain CSV these names are the header in every language. ``score``, ``found`` and
``missing`` are the machine's; those from ``reviewed_score`` to ``signed_at`` are empty without a review. ``possible``:
page and text of the passages that a person should look at where the score is 0."""


def answers_csv(view: View, *, excel: bool = False) -> bytes:
    """Return one row per answer: question, score, elements, first quote, recommendation."""
    words = view.labels.words
    head = [words.column(name) for name in ANSWER_COLUMNS] if excel else ANSWER_COLUMNS
    return table([head, *answer_rows(view)], words, excel=excel)


def answer_rows(view: View) -> Iterator[Sequence[object]]:
    """Yield the cells of each answer, as ``ANSWER_COLUMNS`` names them."""
    words = view.labels.words
    titles = {point["id"]: point["title"] for point in view.result["points"]}
    for answer in view.answers:
        first = answer.quotes[0] if answer.quotes else None
        yield (
            answer.id,
            answer.point,
            titles[answer.point],
            answer.dimension,
            view.dimension_titles[answer.dimension],
            answer.question,
            answer.title,
            answer.score,
            float(view.labels.max_score),
            "; ".join(answer.found),
            "; ".join(answer.missing),
            len(answer.quotes),
            first.page if first else None,
            first.text if first else "",
            answer.recommendation if answer.applicable else words["not_applicable"],
            view.partial if answer.applicable else "",
            *_review_cells(view, answer.id),
            " | ".join(f"{words.say('page_short', page=quote.page)}: {quote.text}" for quote in answer.possible),
        )


def _review_cells(view: View, answer: str) -> tuple[object, ...]:
    """Return the cells about the review of an answer and the signature."""
    words = view.labels.words
    signature = view.reviewed.signature if view.reviewed else None
    signed = (signature.person, signature.time) if signature and signature.current else (None, None)
    review = view.review(answer)
    if review is None:
        return (None, None, None, None, None, None, None, *signed)
    verdict = words[f"verdict_{review.verdict}"]
    return (
        None if review.second_look else review.score,
        f"{verdict} ({words['second_look']})" if review.second_look else verdict,
        "; ".join(review.found),
        "; ".join(review.missing),
        review.comment,
        review.reviewer,
        review.time,
        *signed,
    )
