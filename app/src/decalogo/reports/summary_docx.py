"""The summary for signature as a DOCX file, to be edited, printed and signed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.image.exceptions import UnrecognizedImageError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from decalogo.reports.answers import plain
from decalogo.reports.summary import Summary
from decalogo.reports.workbook import HEAT

_DATE = (1980, 1, 1, 0, 0, 0)
"""Time of every part of the file, so that equal summaries are equal files."""


def summary_docx(summary: Summary) -> bytes:
    """Return the file: A4, two pages."""
    document = docx.Document()
    _page(document, summary)
    _letterhead(document, summary)
    _result(document, summary)
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    _findings(document, summary)
    _signature(document, summary)
    out = io.BytesIO()
    document.save(out)
    return _without_times(out.getvalue())


def _page(document: Any, summary: Summary) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(1.8)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(10)
    style.paragraph_format.space_after = Pt(4)
    properties = document.core_properties
    properties.title, properties.author = summary.title, plain(summary.letterhead.organisation)
    properties.language = summary.words.language
    properties.created = properties.modified = summary.date.replace(tzinfo=None)


def _letterhead(document: Any, summary: Summary) -> None:
    head = summary.letterhead
    if head.logo:
        try:
            document.add_paragraph().add_run().add_picture(io.BytesIO(head.logo), height=Cm(1.6))
        except UnrecognizedImageError:
            document.paragraphs[-1].clear()  # a logo that is no picture must not cost the summary
    if head.organisation:
        _line(document, head.organisation, bold=True, size=12)
    for line in head.address:
        _line(document, line, size=9)
    document.add_heading(summary.title, level=1)
    document.add_heading(plain(summary.view.called), level=2)
    if summary.about:
        _line(document, " · ".join(f"{name}: {value}" for name, value in summary.about), size=9)


def _result(document: Any, summary: Summary) -> None:
    document.add_paragraph(summary.introduction)
    rows = [("", summary.words["global"], summary.machine["global"]["percent"], summary.percent)]
    _table(document, summary, [*rows, *summary.points, *summary.dimensions])
    if summary.standing:
        _line(document, summary.standing, bold=True)
    _line(document, summary.state, bold=True)
    for _, text in summary.view.flags[:3]:
        _line(document, text, size=9)


def _table(document: Any, summary: Summary, rows: Sequence[tuple[str, str, float | None, float | None]]) -> None:
    words, labels = summary.words, summary.labels
    head = [words["point"], words["machine"], *([words["reviewed"]] if summary.reviewed else [])]
    table = document.add_table(rows=1, cols=len(head), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for cell, text in zip(table.rows[0].cells, head, strict=True):
        _write(cell, text, bold=True)
    for name, title, machine, reviewed in rows:
        cells = table.add_row().cells
        _write(cells[0], f"{name} {title}".strip(), bold=not name)
        for cell, value in zip(cells[1:], (machine, reviewed)[: len(head) - 1], strict=True):
            _write(cell, "–" if value is None else f"{words.number(value)} %", right=True)
            _shade(cell, HEAT[labels.heat(value)])
    for row in table.rows:
        for cell, width in zip(row.cells, (Cm(11.4), Cm(2.5), Cm(2.5)), strict=False):
            cell.width = width


def _findings(document: Any, summary: Summary) -> None:
    words, labels = summary.words, summary.labels
    for key, means in (("strengths", summary.strengths), ("gaps", summary.gaps)):
        if means:
            document.add_heading(words[key], level=2)
        for mean in means:
            _item(document, f"{mean.question} {mean.title}: {words.number(mean.percent)} %")
    if summary.recommendations:
        document.add_heading(words["recommendations"], level=2)
    for text in summary.recommendations:
        _item(document, text)
    if summary.changes:
        document.add_heading(words["summary_corrections"], level=2)
    for change in summary.changes:
        after = words["not_applicable"] if change.reviewed is None else words.short(change.reviewed)
        figures = f"{words.short(change.machine)} → {after} / {words.short(labels.max_score)}"
        _item(document, f"{change.answer} {change.title}: {figures}. {change.comment}".strip())
    if summary.further_changes:
        _line(document, words.say("summary_corrections_more", count=summary.further_changes), size=9)


def _signature(document: Any, summary: Summary) -> None:
    words = summary.words
    document.add_heading(words["signature"], level=2)
    document.add_paragraph(summary.closing)
    _line(document, summary.state, bold=True)
    signature = summary.reviewed.signature if summary.reviewed else None
    _line(document, f"{words['place_date']}: " + "_" * 40)
    _line(document, "\n\n" + "_" * 50)
    _line(document, signature.person if signature else words["signature"])
    if summary.letterhead.role:
        _line(document, summary.letterhead.role)
    small = [(words["sha_document"], summary.machine["document"]["sha256"])]
    small.append((words["sha_result"], signature.result_sha256 if signature else summary.machine["sha256"]))
    small += [(words["sha_reviews"], signature.reviews_sha256)] if signature else []
    small += [(words["retention"], summary.view.kept)] if summary.view.kept else []
    for name, value in small:
        _line(document, f"{name}: {value}", size=7)


def _line(document: Any, text: str, *, bold: bool = False, size: float = 10) -> None:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(2)
    run = paragraph.add_run("\n" * text.count("\n") + plain(text))
    run.bold, run.font.size = bold, Pt(size)


def _item(document: Any, text: str) -> None:
    document.add_paragraph(plain(text), style="List Bullet").paragraph_format.space_after = Pt(2)


def _write(cell: Any, text: str, *, bold: bool = False, right: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = paragraph.add_run(plain(text))
    run.bold, run.font.size = bold, Pt(9)


def _shade(cell: Any, colour: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour.removeprefix("#"))):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)  # the library has no public call for it


def _without_times(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(zipfile.ZipInfo(entry.filename, _DATE), source.read(entry), zipfile.ZIP_DEFLATED)
    return out.getvalue()
