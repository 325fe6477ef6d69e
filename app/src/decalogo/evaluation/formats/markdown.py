"""Markdown: headings, lists, pipe tables and paragraphs of a text that is written in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from decalogo.evaluation.documents.detect import MARKDOWN
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.formats.blocks import Block, PageBreak, Paragraph, RowCell, TableRow
from decalogo.evaluation.formats.pages import make_sheets
from decalogo.evaluation.formats.text import decode_file
from decalogo.evaluation.layout.note_marks import mark, raised

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_RULE = re.compile(r"[ \t]*(?:[-*_=][ \t]*){3,}$")
_TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-*:?[ \t]*)*$")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
# Marks around words; what is inside stays. Links keep their text, images their description.
_LINK = re.compile(r"!?\[([^\[\]]{0,500})\]\([^()\s]{0,2000}\)")
_STRONG = re.compile(r"(\*\*|__|`)(?=\S)([^*_`\n]{1,500})(?<=\S)\1")

_RAISED = re.compile(r"(?:<sup>([^<>\n]{1,50})</sup>|\^([\w*]{1,3})\^|\[\^([\w-]{1,30})\](:?))", re.IGNORECASE)
"""Superscripts as HTML and between carets, and note marks; a note's own mark has a colon."""


def read_markdown(content: bytes | Path, limits: Limits) -> Reading:
    """Read a Markdown text.

    Raises:
        DocumentTooLargeError: more bytes than ``limits.max_pages`` pages hold, or more pages.
    """
    return make_sheets(MARKDOWN, _blocks(decode_file(content, limits)), limits)


def _blocks(text: str) -> Iterator[Block]:
    table = 0
    rows = False
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        heading = _HEADING.match(line)
        is_row = "|" in line and (rows or line.lstrip().startswith("|"))
        if lines and (heading or is_row or not line.strip() or _ITEM.match(line) or "\f" in line):
            yield Paragraph(_plain("\n".join(lines)))
            lines = []
        if "\f" in line:
            yield PageBreak()
            line = line.replace("\f", "")
        if heading:
            yield Paragraph(_plain(heading.group(2)), len(heading.group(1)))
        elif is_row:
            table += not rows
            if not _TABLE_RULE.match(line):
                cells = _CELL_BORDER.split(line.strip().removeprefix("|").removesuffix("|"))
                yield TableRow(table, [RowCell(_plain(cell.strip())) for cell in cells])
        elif line.strip() and not _RULE.match(line):
            item = _ITEM.match(line)
            number = item is not None and item.group().strip()[0].isdigit()
            lines.append(line.strip() if item is None or number else f"• {line[item.end() :].strip()}")
        rows = is_row


def _plain(text: str) -> str:
    text = _RAISED.sub(_superscript, text)
    return _STRONG.sub(r"\2", _LINK.sub(r"\1", text)).replace("\\|", "|")


def _superscript(match: re.Match[str]) -> str:
    tagged, caret, note, colon = match.groups()
    if note:
        return f"[{note}]" if colon else mark(note)
    return raised(match.string[max(0, match.start() - 20) : match.start()], tagged or caret)
