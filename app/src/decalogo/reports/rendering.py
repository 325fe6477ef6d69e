"""What makes each format of ``decalogo.reports``; imported when the first report is rendered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import orjson

from decalogo.evaluation.rubric import Rubric
from decalogo.reports.comparison import comparison_csv, comparison_html, comparison_xlsx
from decalogo.reports.csv_tables import answers_csv
from decalogo.reports.html import report_html
from decalogo.reports.labels import labels_for
from decalogo.reports.retention import Retention
from decalogo.reports.reviewed import Reviewed
from decalogo.reports.view import View
from decalogo.reports.xlsx import report_xlsx

_REPORTS: dict[str, Callable[[View], bytes]] = {
    "html": report_html,
    "xlsx": report_xlsx,
    "csv": answers_csv,
    "csv-excel": partial(answers_csv, excel=True),
}
_COMPARISONS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "xlsx": comparison_xlsx,
    "csv": comparison_csv,
    "csv-excel": partial(comparison_csv, excel=True),
    "json": partial(orjson.dumps, option=orjson.OPT_SORT_KEYS),
}


def render_report(
    format_name: str,
    result: dict[str, Any],
    *,
    name: str,
    pages: Sequence[str],
    link: str,
    rubric: Rubric | None,
    reviewed: dict[str, Any] | None = None,
    retention: Retention | None = None,
) -> bytes:
    """Return one document's report; see ``decalogo.reports.Render``."""
    if urlsplit(link).scheme not in ("", "http", "https"):
        raise ValueError(f"a document's link must be http, https or relative: {link!r}")
    labels = labels_for(result, rubric)
    view = View(result, labels, name, pages, link, Reviewed(reviewed, labels) if reviewed else None, retention)
    return _REPORTS[format_name](view)


def render_comparison(format_name: str, rollup: dict[str, Any], retention: Retention | None = None) -> bytes:
    """Return a batch's comparison; the page also says when the batch is deleted."""
    if format_name == "html":
        return comparison_html(rollup, retention)
    return _COMPARISONS[format_name](rollup)
