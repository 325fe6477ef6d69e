"""The tokens of an RTF file as blocks: characters, paragraphs, tables, notes and page breaks."""

from __future__ import annotations

import re

from decalogo.evaluation.formats.blocks import Block, Break
from decalogo.evaluation.formats.budgets import Budget, refuse
from decalogo.evaluation.formats.builder import BlockBuilder
from decalogo.evaluation.formats.charsets import DEFAULT
from decalogo.evaluation.formats.rtf_charsets import FILE_CHARSETS, Fonts, code_page, decode_bytes
from decalogo.evaluation.formats.rtf_state import ESCAPES, KEPT_IN_STAR, PASSED_OVER, SIGNS, Group, RowCells

_MOST_GROUPS = 1_000_000
_NO_BREAK = frozenset({b"sbknone", b"sbkcol"})
_ROW_WORDS = frozenset({b"trowd", b"clmrg", b"clvmrg", b"cellx"})


class RtfReader:
    """Takes the tokens of an RTF file; ``passing`` asks to pass over the rest of the group."""

    def __init__(self, budget: Budget) -> None:
        self.build = BlockBuilder(budget)
        self.passing = False
        self._groups: list[Group] = []
        self._group = Group()
        self._codec, self._fonts = DEFAULT, Fonts()
        self._default_font = 0
        self._star = self._open = False
        self._bytes = bytearray()
        self._left = self._high = 0
        self._rank = 0
        self._in_table = self._in_row = False
        self._row = RowCells([])
        self._page_before = self._section = False
        self._notes = 0
        self._mark = False
        self._outside: list[tuple[bool, bool, bool, int]] = []

    def take(self, match: re.Match[bytes]) -> int:
        """Take a token; return how many bytes after it are binary data, to be passed over."""
        word, number, code, sign, brace, text = match.groups()
        if code is not None:
            self._take_bytes(bytes((int(code, 16),)))
            return 0
        if text is not None:
            self._take_bytes(text)
            return 0
        self._flush_bytes()
        if word is not None:
            return self._word(word, int(number) if number else None)
        if brace == b"{":
            if len(self._groups) >= _MOST_GROUPS:
                refuse(f"groups nested over {_MOST_GROUPS:,} deep")
            self._groups.append(self._group)
            self._group = self._group.inner()
        elif brace == b"}":
            self.end_group()
        elif sign == b"*":
            self._star = True
        elif sign is not None:
            self._put(ESCAPES.get(sign, ""))
        return 0

    def end_group(self) -> None:
        """Take the end of a group."""
        self._star = False
        kind = self._group.kind
        if kind:
            self._end_paragraph()
            if kind == "note":
                self.build.end_note()
            self._open, self._in_table, self._in_row, self._rank = self._outside.pop()
        self._group = self._groups.pop() if self._groups else Group()

    def finish(self) -> list[Block]:
        """Return the blocks of the file."""
        self._flush_bytes()
        return self.build.finish()

    def _take_bytes(self, data: bytes) -> None:
        if self._left:
            cut = min(self._left, len(data))
            self._left -= cut
            data = data[cut:]
        self._bytes += data

    def _flush_bytes(self) -> None:
        if self._bytes:
            data, self._bytes = bytes(self._bytes), bytearray()
            self._put(decode_bytes(data, self._group.codec or self._codec))

    def _put(self, text: str) -> None:
        group = self._group
        if group.fonts or not text:
            return
        if group.hidden or group.deleted:
            self.build.drop()
            return
        if not self._open:
            self._begin_paragraph()
        if group.raised:
            self.build.put_raised(text)
        else:
            self.build.put(text)

    def _begin_paragraph(self) -> None:
        inside = self._in_table or self._in_row
        if not self._outside:
            if inside and not self.build.in_table:
                self._break_page()
                self.build.begin_table()
            elif not inside and self.build.in_table:
                self.build.end_table()
        if not inside:
            self._break_page()
        self.build.begin_paragraph(self._rank)
        self._open = True

    def _break_page(self) -> None:
        if self._page_before or self._section:
            self._page_before = self._section = False
            self.build.page_break(Break.FRESH)

    def _end_paragraph(self) -> None:
        if self._open:
            self.build.end_paragraph()
            self._open = False

    def _word(self, word: bytes, number: int | None) -> int:
        if word == b"bin":
            return max(0, number or 0)
        starred, self._star = self._star, False
        if word in PASSED_OVER or (starred and word not in KEPT_IN_STAR):
            self.passing = bool(self._groups)
        elif self._group.fonts:
            self._fonts.take(word, number)
        elif word == b"u":
            self._unicode((number or 0) % 0x10000)
        elif word in SIGNS:
            self._put(SIGNS[word])
        elif not self._format(word, number) and not self._layout(word, number):
            self._destination(word)
        return 0

    def _unicode(self, code: int) -> None:
        if 0xD800 <= code < 0xDC00:
            self._high = code
        elif 0xDC00 <= code < 0xE000:
            if self._high:  # halves of a character beyond the basic plane come one after the other
                self._put(chr(0x10000 + ((self._high - 0xD800) << 10) + code - 0xDC00))
            self._high = 0
        else:
            self._put(chr(code))
        self._left = self._group.instead

    def _format(self, word: bytes, number: int | None) -> bool:
        """Take a control word for the format of characters; tell whether it is one."""
        group, on = self._group, number != 0
        if word == b"uc":
            group.instead = max(0, min(number or 0, 10))
        elif word == b"f":
            group.codec = self._fonts.codec(number or 0, self._codec)
        elif word == b"v":
            group.hidden = on
        elif word in {b"deleted", b"mvf", b"upr"}:
            group.deleted = on
        elif word == b"ud":  # the Unicode form of the text that ``upr`` begins with
            group.deleted = False
        elif word in {b"super", b"up"}:
            group.raised = on
        elif word in {b"nosupersub", b"sub", b"dn"}:
            group.raised = False
        elif word == b"plain":
            group.hidden = group.raised = group.deleted = False
            group.codec = self._fonts.codec(self._default_font, self._codec)
        elif word in FILE_CHARSETS:
            self._codec = FILE_CHARSETS[word]
        elif word == b"ansicpg":
            self._codec = code_page(number)
        elif word == b"deff":
            self._default_font = number or 0
        else:
            return False
        return True

    def _layout(self, word: bytes, number: int | None) -> bool:
        """Take a control word for paragraphs, pages and tables; tell whether it is one."""
        if word == b"par":
            if not self._group.hidden:
                self._end_paragraph()
        elif word == b"pard":
            self._in_table, self._rank, self._page_before = False, 0, False
        elif word == b"intbl":
            self._in_table = True
        elif word == b"outlinelevel":
            self._rank = min(max(number or 0, 0), 8) + 1 if number != 9 else 0
            self.build.style_paragraph(rank=self._rank)
        elif word == b"pagebb":
            self._page_before = number != 0
        elif word == b"page":
            self.build.page_break(Break.HARD)
        elif word == b"softpage":
            self.build.page_break(Break.RENDERED)
        elif word == b"sect":
            self._end_paragraph()
            self._section = True
        elif word in _NO_BREAK:
            self._section = False
        elif word in _ROW_WORDS:
            self._row.take(word)
            self._in_row |= word == b"trowd"
        elif word == b"cell":
            self._end_cell()
        elif word == b"row":
            self._end_paragraph()
            self.build.end_row()
            self._row.place, self._in_row = 0, False
        else:
            return False
        return True

    def _end_cell(self) -> None:
        if not self.build.in_table:
            self.build.begin_table()
        self._end_paragraph()
        left, above = self._row.next()
        if left:
            self.build.widen_cell(1)
        else:
            self.build.end_cell(continues=above)

    def _destination(self, word: bytes) -> None:
        """Take a control word that begins a group of a kind of its own."""
        if word == b"fonttbl":
            self._group.fonts = True
        elif word == b"chftn":
            self._mark = not self._outside  # else the mark in front of the note's text
        elif word == b"ftnalt":
            self.build.move_note_to_end()
        elif word in {b"footnote", b"shptxt"} and not self._group.kind:
            self._group.kind = "note" if word == b"footnote" else "box"
            if word == b"footnote":
                self._begin_note()
            self._outside.append((self._open, self._in_table, self._in_row, self._rank))
            self._open = self._in_table = self._in_row = self._group.raised = False
            self._rank = 0

    def _begin_note(self) -> None:
        if not self._open:
            self._begin_paragraph()
        self._notes += self._mark
        self.build.begin_note(str(self._notes) if self._mark else "")
        self._mark = False
