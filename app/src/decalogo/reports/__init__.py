"""Render results as reports: pure functions from a result to bytes.

``REPORTS`` maps the name of a format to its renderer, so that every interface offers the same formats::

    report = REPORTS["html"]
    body = report.render(result, name="plan.pdf")
    headers = {"Content-Type": report.media_type}

``COMPARISONS`` does the same for the comparison of a batch, which ``roll_up`` returns. Modules of a format are imported
when it is first rendered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from decalogo.evaluation.rubric import Rubric
from decalogo.reports.aggregate import Evaluated, NotEvaluated, RollUp, roll_up
from decalogo.reports.retention import Retention

__all__ = [
    "COMPARISONS",
    "REPORTS",
    "Comparison",
    "Evaluated",
    "NotEvaluated",
    "Report",
    "Retention",
    "RollUp",
    "roll_up",
]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HTML, CSV, JSON = "text/html; charset=utf-8", "text/csv; charset=utf-8", "application/json"


class Render(Protocol):
    """Renders the report of one document."""

    def __call__(
        self,
        result: dict[str, Any],
        *,
        name: str = "",
        pages: Sequence[str] = (),
        link: str = "",
        rubric: Rubric | None = None,
        reviewed: dict[str, Any] | None = None,
        retention: Retention | None = None,
    ) -> bytes:
        """Return the report.

        Args:
            result: result of the evaluator.
            name: name of the document; default: the beginning of its hash.
            pages: text of each page; an HTML report then shows the quoted pages.
            link: URL of the document (``https:``, ``http:`` or relative), for links to its pages.
            rubric: rubric of the result; default: the shipped rubric with its id.
            reviewed: what people say of it (:func:`decalogo.reviews.scores.standing`); None where nobody reviewed it.
            retention: of the document's batch; None: the report does not say when it is deleted.

        Raises:
            ValueError: ``link`` has another scheme.
        """


@dataclass(frozen=True)
class Report:
    """A format of a document's report: media type, file extension (without dot) and renderer."""

    media_type: str
    extension: str
    render: Render


@dataclass(frozen=True)
class Comparison:
    """A format of the comparison of a batch; ``render`` takes the value of ``roll_up`` and the retention."""

    media_type: str
    extension: str
    render: Callable[..., bytes]


def _maker(format_name: str) -> Render:
    def render(
        result: dict[str, Any],
        *,
        name: str = "",
        pages: Sequence[str] = (),
        link: str = "",
        rubric: Rubric | None = None,
        reviewed: dict[str, Any] | None = None,
        retention: Retention | None = None,
    ) -> bytes:
        from decalogo.reports.rendering import render_report

        return render_report(
            format_name,
            result,
            name=name,
            pages=pages,
            link=link,
            rubric=rubric,
            reviewed=reviewed,
            retention=retention,
        )

    return render


def _comparer(format_name: str) -> Callable[..., bytes]:
    def render(rollup: dict[str, Any], retention: Retention | None = None) -> bytes:
        from decalogo.reports.rendering import render_comparison

        return render_comparison(format_name, rollup, retention)

    return render


REPORTS = {
    "html": Report(HTML, "html", _maker("html")),
    "xlsx": Report(XLSX, "xlsx", _maker("xlsx")),
    "csv": Report(CSV, "csv", _maker("csv")),
    "csv-excel": Report(CSV, "csv", _maker("csv-excel")),
}
COMPARISONS = {
    "html": Comparison(HTML, "html", _comparer("html")),
    "xlsx": Comparison(XLSX, "xlsx", _comparer("xlsx")),
    "csv": Comparison(CSV, "csv", _comparer("csv")),
    "csv-excel": Comparison(CSV, "csv", _comparer("csv-excel")),
    "json": Comparison(JSON, "json", _comparer("json")),
}
