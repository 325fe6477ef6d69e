"""Reports: results in the forms people read. Pure functions from a result to bytes.

``REPORTS`` maps a format's name to what makes it, so that an interface offers all of them in one place::

    report = REPORTS["html"]
    body = report.render(result, name="plan.pdf")
    headers = {"Content-Type": report.media_type}

``COMPARISONS`` does the same for what ``roll_up`` returns of a whole batch. What a format needs is imported when it is
first rendered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from decalogo.evaluation.rubric import Rubric
from decalogo.reports.aggregate import Evaluated, NotEvaluated, RollUp, roll_up

__all__ = ["COMPARISONS", "REPORTS", "Comparison", "Evaluated", "NotEvaluated", "Report", "RollUp", "roll_up"]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HTML, CSV, JSON = "text/html; charset=utf-8", "text/csv; charset=utf-8", "application/json"


class Render(Protocol):
    """Makes the report of one document."""

    def __call__(
        self,
        result: dict[str, Any],
        *,
        name: str = "",
        pages: Sequence[str] = (),
        link: str = "",
        rubric: Rubric | None = None,
    ) -> bytes:
        """Return the report.

        Args:
            result: as the evaluator gives it.
            name: what the document is called; default: the beginning of its hash.
            pages: text of each page: an HTML report then shows the pages it quotes.
            link: address of the document itself (``https:``, ``http:`` or relative), for links to its pages.
            rubric: what the result was made with; default: the shipped rubric of that id.

        Raises:
            ValueError: ``link`` is of another kind.
        """


@dataclass(frozen=True)
class Report:
    """A form of one document's report: its media type, file extension (without dot) and what makes it."""

    media_type: str
    extension: str
    render: Render


@dataclass(frozen=True)
class Comparison:
    """The same for a whole batch; ``render`` takes what ``roll_up`` returns."""

    media_type: str
    extension: str
    render: Callable[[dict[str, Any]], bytes]


def _maker(format_name: str) -> Render:
    def render(
        result: dict[str, Any],
        *,
        name: str = "",
        pages: Sequence[str] = (),
        link: str = "",
        rubric: Rubric | None = None,
    ) -> bytes:
        from decalogo.reports.rendering import render_report

        return render_report(format_name, result, name=name, pages=pages, link=link, rubric=rubric)

    return render


def _comparer(format_name: str) -> Callable[[dict[str, Any]], bytes]:
    def render(rollup: dict[str, Any]) -> bytes:
        from decalogo.reports.rendering import render_comparison

        return render_comparison(format_name, rollup)

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
