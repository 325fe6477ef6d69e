"""Render the comparison of a batch, the value of ``roll_up``, as HTML, CSV and XLSX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from decalogo.reports.csv_tables import table
from decalogo.reports.html import render
from decalogo.reports.labels import Labels
from decalogo.reports.retention import Retention
from decalogo.reports.reviewed import moment, summary
from decalogo.reports.words import words
from decalogo.reports.workbook import Workbook

_NUMBERS = ("count", "mean", "min", "q1", "median", "q3", "max")
_REST = (
    "pages", "flags", "sha256", "reviewed_rank", "reviewed_percent", "reviewed_rating", "reviewed_answers",
    "signed_by", "signed_at", "percentile", "quartile",
)  # fmt: skip
"""Columns after the parts; those about the review and the reference are empty without one."""
_TITLES = ("count", "mean", "minimum", "quartile1", "median", "quartile3", "greatest")


def _labels(rollup: dict[str, Any]) -> Labels:
    """Return the texts and shades of a comparison."""
    return Labels(
        title=rollup["title"],
        words=words(rollup["language"]),
        questions={},
        elements={},
        max_score=1.0,
        ratings=tuple((rating["at_least"], rating["name"]) for rating in rollup["ratings"]),
    )


def _spread(rollup: dict[str, Any], labels: Labels) -> list[dict[str, Any]]:
    """Return the parts with a distribution: the whole, each point, each dimension."""
    whole = {"id": "", "title": labels.words["global"], **rollup["global"]}
    return [whole, *rollup["points"], *rollup["dimensions"]]


def comparison_html(rollup: dict[str, Any], retention: Retention | None = None) -> bytes:
    """Return the comparison as one self-contained page."""
    labels = _labels(rollup)
    return render(
        "comparison.html",
        rollup=rollup,
        labels=labels,
        w=labels.words,
        reviewed=any(document["reviewed"] for document in rollup["documents"]),
        placed=any(document["percentile"] is not None for document in rollup["documents"]),
        summary=summary,
        kept=retention.sentence(labels.words) if retention else "",
        distributions=[
            (labels.words["distribution"], _spread(rollup, labels)[: 1 + len(rollup["points"])]),
            (labels.words["distribution_dimensions"], rollup["dimensions"]),
        ],
    )


def comparison_csv(rollup: dict[str, Any], *, excel: bool = False) -> bytes:
    """Return one row per document: rank, and the percentages of the whole, each point and each dimension."""
    texts = words(rollup["language"])
    keys = ("rank", "document", "percent", "rating")
    parts = [part["id"] for part in (*rollup["points"], *rollup["dimensions"])]
    title = texts.column if excel else str
    rows = [[*map(title, keys), *parts, *map(title, _REST)], *_documents(rollup)]
    return table(rows, texts, excel=excel)


def _documents(rollup: dict[str, Any]) -> Iterator[Sequence[object]]:
    for document in rollup["documents"]:
        yield (
            document["rank"],
            document["name"],
            document["percent"],
            document["rating"],
            *(document["points"].get(point["id"]) for point in rollup["points"]),
            *(document["dimensions"].get(dimension["id"]) for dimension in rollup["dimensions"]),
            document["pages"],
            " ".join(document["flags"]),
            document["sha256"],
            *_review_cells(document["reviewed"]),
            document["percentile"],
            document["quartile"],
        )
    empty = [None] * (len(rollup["points"]) + len(rollup["dimensions"]))
    for item in rollup["without_result"]:
        yield (
            None,
            item["name"],
            None,
            item["state"],
            *empty,
            None,
            item["detail"],
            None,
            *_review_cells(None),
            None,
            None,
        )


def _review_cells(said: dict[str, Any] | None) -> Sequence[object]:
    """Return rank, percentage, rating and number of reviewed answers, and who signed this result and when."""
    if said is None:
        return (None,) * 6
    signature = said["signature"] if said["signature"] and said["signature"]["current"] else None
    signed = (signature["person"], moment(signature["time"])) if signature else (None, None)
    return (said["rank"], said["percent"], said["rating"], said["answers"], *signed)


def comparison_xlsx(rollup: dict[str, Any]) -> bytes:
    """Return the comparison as a workbook: ranking with the matrix of documents and points, and distributions."""
    labels = _labels(rollup)
    texts = labels.words
    book = Workbook(f"{texts['comparison']} – {labels.title}")
    _ranking(book, rollup, labels)
    sheet = book.sheet(texts.sheet("distribution"), (6, 60, *(10 for _ in _NUMBERS), *(14 for _ in labels.ratings)))
    head = ["", texts["point"], *(texts[key] for key in _TITLES), *(name for _, name in labels.ratings)]
    for column, name in enumerate(head):
        book.cell(sheet, 0, column, name, "head")
    for row, part in enumerate(_spread(rollup, labels), 1):
        book.cell(sheet, row, 0, part["id"])
        book.cell(sheet, row, 1, part["title"])
        book.cell(sheet, row, 2, part["count"])
        for column, key in enumerate(_NUMBERS[1:], 3):
            book.percent(sheet, row, column, part[key], labels.heat(part[key]))
        for column, (_, name) in enumerate(labels.ratings, 2 + len(_NUMBERS)):
            book.cell(sheet, row, column, part["ratings"].get(name, 0))
    sheet.freeze_panes(1, 2)
    return book.done()


def _ranking(book: Workbook, rollup: dict[str, Any], labels: Labels) -> None:
    texts = labels.words
    points, dimensions = rollup["points"], rollup["dimensions"]
    widths = (8, 48, 12, 16, *(9 for _ in (*points, *dimensions)), 9, 30, 66, 10, 12, 16, 12, 30, 18, 12, 10)
    sheet = book.sheet(texts.sheet("ranking"), widths)
    head = [texts.column(key) for key in ("rank", "document", "percent", "rating")]
    head += [f"{part['id']} {part['title']}" for part in (*points, *dimensions)]
    head += [texts.column(key) for key in _REST]
    for column, name in enumerate(head):
        book.cell(sheet, 0, column, name, "head")
    sheet.set_row(0, 90)
    row, reviewed = 0, head.index(texts.column("reviewed_percent"))
    for row, cells in enumerate(_documents(rollup), 1):
        for column, value in enumerate(cells):
            if column in (2, reviewed) or 4 <= column < reviewed - 4:
                number = value if isinstance(value, float | int) else None
                book.percent(sheet, row, column, number, labels.heat(number))
            else:
                book.cell(sheet, row, column, value)
    sheet.autofilter(0, 0, max(row, 1), len(head) - 1)
    sheet.freeze_panes(1, 2)
