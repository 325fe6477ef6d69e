"""RTF: the text of a Rich Text Format file, with its tables, headings and page breaks.

Source: Rich Text Format specification 1.9.1. Groups are kept on a list, so that no depth of them is too much.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from decalogo.errors import DamagedDocumentError, DocumentTooLargeError
from decalogo.evaluation.documents.detect import RTF
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.formats.blocks import Block, PageBreak, Paragraph, RowCell, TableRow, make_sheets

_MOST_BYTES = 100 << 20
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n\0]+|([^\\{}\r\n\0]+)"
)
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet info pict object themedata colorschememapping latentstyles datastore listtable "
    b"listoverridetable rsidtbl generator filetbl revtbl header headerl headerr headerf footer footerl footerr footerf "
    b"fldinst xmlnstbl mmathPr bkmkstart bkmkend".split()
)
_SIGNS = {
    b"tab": "\t", b"line": "\n", b"emdash": "—", b"endash": "–", b"bullet": "•", b"lquote": "‘", b"rquote": "’",
    b"ldblquote": "“", b"rdblquote": "”", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
_ESCAPES = {b"\\": "\\", b"{": "{", b"}": "}", b"~": " ", b"_": "-", b"-": "\xad"}


def read_rtf(content: bytes | Path, limits: Limits) -> Reading:
    """Read an RTF file.

    Raises:
        DamagedDocumentError: no RTF stands behind its mark.
        DocumentTooLargeError: over 100 MB (pictures count), or more than ``limits.max_pages`` pages.
    """
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size > _MOST_BYTES:
        raise DocumentTooLargeError(f"The RTF has {size:,} bytes, over {_MOST_BYTES:,}; upload the plan as PDF.")
    data = content.read_bytes() if isinstance(content, Path) else content
    reader = _Reader()
    at = 0
    while match := _TOKEN.search(data, at):
        at = match.end() + reader.take(match)
    reader.end_paragraph()
    if not reader.blocks:
        raise DamagedDocumentError("The RTF holds no text; save or export it again.")
    return make_sheets(RTF, reader.blocks, limits)


class _Reader:
    """Gathers blocks; its group's state is (skipped, characters after a Unicode sign that stand in for it)."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._groups: list[tuple[bool, int]] = []
        self._skipped, self._instead, self._left = False, 1, 0
        self._codec = "cp1252"
        self._text: list[str] = []
        self._cells: list[RowCell] = []
        self._in_table, self._tables, self._rank = False, 0, 0

    def take(self, match: re.Match[bytes]) -> int:
        """Take a token; return how many bytes after it are binary data, to be passed over."""
        word, number, code, sign, brace, text = match.groups()
        if word is not None:
            return self._word(word, int(number) if number else None)
        if brace == b"{":
            self._groups.append((self._skipped, self._instead))
        elif brace == b"}":
            if self._groups:
                self._skipped, self._instead = self._groups.pop()
        elif sign == b"*":
            self._skipped = True  # a destination that readers may not know
        elif sign is not None:
            self._put(_ESCAPES.get(sign, ""))
        elif code is not None:
            self._put(bytes([int(code, 16)]).decode(self._codec, errors="replace"))
        elif text is not None:
            self._put(text.decode(self._codec, errors="replace"))
        return 0

    def _put(self, text: str) -> None:
        cut = min(self._left, len(text))
        self._left -= cut
        if not self._skipped:
            self._text.append(text[cut:])

    def _word(self, word: bytes, number: int | None) -> int:
        if word == b"bin":
            return max(0, number or 0)
        if word in _SKIPPED:
            self._skipped = True
        elif word == b"ansicpg":
            self._codec = _codec(number)
        elif word == b"uc":
            self._instead = max(0, min(number or 0, 10))
        elif self._skipped:
            return 0
        elif word == b"u":
            self._put(chr((number or 0) % 0x10000))
            self._left = self._instead
        elif word in _SIGNS:
            self._put(_SIGNS[word])
        elif word == b"par":
            self._text.append("\n") if self._in_table else self.end_paragraph()
        elif word in {b"page", b"sbkpage"}:
            self.end_paragraph()
            if self.blocks:
                self.blocks.append(PageBreak())
        elif word == b"pard":
            self._in_table, self._rank = False, 0
        elif word == b"intbl":
            self._in_table = True
        elif word == b"outlinelevel":
            self._rank = min(max(number or 0, 0), 8) + 1
        elif word == b"cell":
            self._cells.append(RowCell(self._taken()))
        elif word == b"row":
            if not (self.blocks and isinstance(self.blocks[-1], TableRow)):
                self._tables += 1
            self.blocks.append(TableRow(self._tables, self._cells))
            self._cells = []
        return 0

    def _taken(self) -> str:
        # Halves of a character beyond the basic plane come one after the other.
        text = "".join(self._text).encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
        self._text = []
        return text

    def end_paragraph(self) -> None:
        """End the paragraph that is open."""
        if text := self._taken():
            self.blocks.append(Paragraph(text, self._rank))


def _codec(number: int | None) -> str:
    name = f"cp{number}"
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name
