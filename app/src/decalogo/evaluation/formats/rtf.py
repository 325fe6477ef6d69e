"""RTF: the text of a Rich Text Format file, with its tables, headings, notes and page breaks.

Source: Rich Text Format specification 1.9.1. Groups are kept on a list, so that no depth of them is too much.
"""

from __future__ import annotations

import re
from pathlib import Path

from decalogo.errors import DamagedDocumentError, DocumentTooLargeError
from decalogo.evaluation.documents.detect import RTF
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.formats.blocks import Block
from decalogo.evaluation.formats.budgets import MOST_ELEMENTS, Budget, refuse
from decalogo.evaluation.formats.pages import make_sheets
from decalogo.evaluation.formats.rtf_reader import RtfReader

_MOST_BYTES = 100 << 20
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n\0]+|([^\\{}\r\n\0]+)"
)
_BORDER = re.compile(rb"\\bin(\d{1,10})[ ]?|\\[^a-zA-Z]|([{}])")


def read_rtf(content: bytes | Path, limits: Limits) -> Reading:
    """Read an RTF file.

    Raises:
        DamagedDocumentError: no RTF stands behind its mark.
        DocumentTooLargeError: over 100 MB (pictures count), or more than ``limits.max_pages`` pages.
    """
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size > _MOST_BYTES:
        raise DocumentTooLargeError(
            f"The RTF has {size:,} bytes; the limit is {_MOST_BYTES:,}. Upload the plan as PDF."
        )
    data = content.read_bytes() if isinstance(content, Path) else content
    blocks = rtf_blocks(data, Budget())
    if not blocks:
        raise DamagedDocumentError("The RTF holds no text. Save or export it again.")
    return make_sheets(RTF, blocks, limits)


def rtf_blocks(data: bytes, budget: Budget) -> list[Block]:
    """Return the content of an RTF file."""
    reader = RtfReader(budget)
    at = tokens = 0
    while match := _TOKEN.search(data, at):
        tokens += 1
        if tokens > 2 * MOST_ELEMENTS:
            refuse(f"over {2 * MOST_ELEMENTS:,} control words")
        at = match.end() + reader.take(match)
        if reader.passing:
            at = _end_of_group(data, at)
            reader.passing = False
            reader.end_group()
    return reader.finish()


def _end_of_group(data: bytes, at: int) -> int:
    """Return where the group that is open at ``at`` ends."""
    depth = 1
    for match in _BORDER.finditer(data, at):
        if match.start() < at:
            continue  # inside of binary data
        if match.group(1):
            at = match.end() + int(match.group(1))
        elif match.group(2):
            depth += 1 if match.group(2) == b"{" else -1
            if depth == 0:
                return match.end()
    return len(data)
