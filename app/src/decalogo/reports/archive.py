"""Write a ZIP of the reports of a batch as a stream, with one document in memory at a time."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from decalogo.evaluation.rubric import Rubric
from decalogo.reports.aggregate import Evaluated, NotEvaluated, RollUp
from decalogo.reports.comparison import comparison_csv, comparison_html, comparison_xlsx
from decalogo.reports.csv_tables import answers_csv
from decalogo.reports.html import report_html
from decalogo.reports.labels import labels_for
from decalogo.reports.retention import Retention
from decalogo.reports.reviewed import Reviewed
from decalogo.reports.view import View
from decalogo.reports.xlsx import report_xlsx

_DATE = (1980, 1, 1, 0, 0, 0)
"""Modification time of every entry, so that equal results give equal archives."""

_MAKERS = {
    "json": lambda view: orjson.dumps(view.result, option=orjson.OPT_SORT_KEYS),
    "html": report_html,
    "xlsx": report_xlsx,
    "csv": answers_csv,
}


class _Sink:
    """Collects what the archive writes. It cannot seek, so the sizes of entries follow their content."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: writes are not buffered."""

    def take(self) -> bytes:
        data, self._parts = b"".join(self._parts), []
        return data


@dataclass(frozen=True)
class _Archive:
    sink: _Sink
    file: zipfile.ZipFile

    def add(self, name: str, content: bytes) -> bytes:
        entry = zipfile.ZipInfo(name, _DATE)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        self.file.writestr(entry, content, compresslevel=3)
        return self.sink.take()


def reports_zip(
    documents: Iterable[Evaluated | NotEvaluated],
    *,
    formats: Sequence[str] = ("html", "json"),
    rubric: Rubric | None = None,
    retention: Retention | None = None,
) -> Iterator[bytes]:
    """Yield a ZIP: ``reports/0001-name.html`` and so on for each document, then the comparison.

    A reviewed document also has ``reports/0001-name.reviewed.json``.

    Args:
        documents: read one by one; documents without a result appear in the comparison only.
        formats: formats of the reports: ``html``, ``json``, ``xlsx``, ``csv``.
        rubric: rubric of the results; default: the shipped one.
        retention: of the batch, named in the HTML pages and workbooks.

    Raises:
        RequestError: the results have different rubrics.
    """
    sink = _Sink()
    rollup = RollUp(rubric)
    with zipfile.ZipFile(sink, "w") as file:  # type: ignore[call-overload]
        archive = _Archive(sink, file)
        for number, document in enumerate(documents, 1):
            if isinstance(document, NotEvaluated):
                rollup.add(document)
                continue
            stem = f"reports/{number:04d}-{slug(document.name)}"
            linked = next((f"{stem}.{name}" for name in ("html", "xlsx", "csv", "json") if name in formats), "")
            rollup.add(replace(document, link=linked))
            labels = labels_for(document.result, rubric)
            reviewed = Reviewed(document.reviewed, labels) if document.reviewed else None
            view = View(document.result, labels, document.name, reviewed=reviewed, retention=retention)
            for name in formats:
                yield archive.add(f"{stem}.{name}", _MAKERS[name](view))
            if document.reviewed:
                content = orjson.dumps(document.reviewed, option=orjson.OPT_SORT_KEYS)
                yield archive.add(f"{stem}.reviewed.json", content)
        whole = rollup.as_dict()
        yield archive.add("index.html", comparison_html(whole, retention))
        yield archive.add("comparison.xlsx", comparison_xlsx(whole))
        yield archive.add("comparison.csv", comparison_csv(whole))
        yield archive.add("comparison.json", orjson.dumps(whole, option=orjson.OPT_SORT_KEYS))
    yield sink.take()


def slug(name: str) -> str:
    """Return the name of a document as a part of a file name that is valid on every system; at most 60 characters."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", ascii_only).strip("-").lower()[:60].strip("-") or "document"
