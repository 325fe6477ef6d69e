"""Normalise text before any offset is taken, with a map from raw offsets to normalised ones.

PDF libraries and encodings leave decomposed accents, ligatures, soft hyphens, hyphens at line ends, control characters
and unusual spaces. All of them are replaced here, in stages: line ends, dropped characters, soft hyphens, composition
(NFC), wide gaps, then blanks, hyphens and ligatures. Each stage records its replaced stretches, so an offset in the raw
text can be followed through all stages. A stage that changes nothing costs one search.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from decalogo.evaluation.layout.hyphens import is_broken, joint
from decalogo.evaluation.layout.note_marks import raised_signs

Edit = tuple[int, int, str]
"""Start and end of a stretch of raw text, and its replacement."""

_LIGATURES = {
    "ﬀ": "ff",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬃ": "ffi",
    "ﬄ": "ffl",
    "ﬅ": "st",
    "ﬆ": "st",
    "\uf001": "fi",
    "\uf002": "fl",
}
_COMBINING = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_NOT_NFC = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_HYPHENS = "\x02\ufffe\xad"
_SPACES = " \t\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_BLANKS = _SPACES + _BREAKS
_DROP = re.compile(
    r"[\x00\x01\x03-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\uffff]+"
)
# One character class without alternation, so that the engine skips ordinary characters at full speed. The look-behind
# then excludes the most frequent match, a line break between two words.
_ODD = re.compile(
    r"[\x02\t-\r\x1c-\x1e\x85\xa0\xad\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ud800-\uf8ff\ufb00-\ufb06\ufffe]"
    r"(?<![^\s\-‐\x02\ufffe\xad]\n(?=\S))"
)
# Characters outside of this set may be dropped or composed. Most pages have none.
_UNUSUAL = re.compile(
    r"[^\t\n\r\x20-\x7e\xa0-\u02ff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2190-\u22ff\u2500-\u27bf\ue000-\uf8ff\ufffe]"
)
_STRAY_SOFT_HYPHEN = re.compile(
    r"\xad(?![ \t\xa0]*+(?:\r\n?|\n)?+[ \t\xa0]*+[^\W\d_])|(?<![^\W\d_])\xad",
)
_CR_LF = "\r\n"
_WIDE = re.compile(r"  +")


@dataclass(slots=True)
class Normalised:
    """Normalised text, and where each raw offset went.

    ``lines_kept``: every line that ended in CR LF is a line of its own still, and in its place.
    """

    text: str
    lines_kept: bool = False
    _starts: list[int] = field(default_factory=list)
    _ends: list[int] = field(default_factory=list)
    _new: list[int] = field(default_factory=list)
    _new_ends: list[int] = field(default_factory=list)
    _before: Normalised | None = None
    _edits: list[tuple[list[int], list[int], list[int], list[int]]] = field(default_factory=list)

    def at(self, raw: int) -> int:
        """Return the offset in ``text`` of raw offset ``raw`` (of a removed character: of what follows it)."""
        for starts, ends, new, new_ends in self._edits or self._chain():
            edit = bisect_right(starts, raw) - 1
            if edit < 0:
                continue
            if raw >= ends[edit]:
                raw += new_ends[edit] - ends[edit]
            else:
                raw = min(new[edit] + raw - starts[edit], new_ends[edit])
        return raw

    def _chain(self) -> list[tuple[list[int], list[int], list[int], list[int]]]:
        """Gather the edits of all stages that changed something, first to last."""
        stage: Normalised | None = self
        while stage is not None:
            if stage._starts:
                self._edits.insert(0, (stage._starts, stage._ends, stage._new, stage._new_ends))
            stage = stage._before
        return self._edits


class _Editor:
    """Collects the changed stretches of one pass over a text."""

    def __init__(self, raw: str, before: Normalised | None) -> None:
        self.raw = raw
        self.pieces: list[str] = []
        self.done = 0
        self.length = 0
        self.result = Normalised("", _before=before)

    def replace(self, start: int, end: int, text: str) -> None:
        kept = self.raw[self.done : start]
        new = self.length + len(kept)
        self.pieces += (kept, text)
        result = self.result
        result._starts.append(start)
        result._ends.append(end)
        result._new.append(new)
        self.length = new + len(text)
        result._new_ends.append(self.length)
        self.done = end

    def finish(self) -> Normalised:
        self.pieces.append(self.raw[self.done :])
        self.result.text = "".join(self.pieces)
        return self.result


def _sub(pattern: re.Pattern[str], new: str | None, before: Normalised) -> Normalised:
    """Replace every match (``None``: a wide gap, by its width); return the next stage, or the same if none matched."""
    if not pattern.search(before.text):
        return before
    editor = _Editor(before.text, before)
    for match in pattern.finditer(before.text):
        gap = " " if len(match.group()) == 2 else "\t"
        editor.replace(match.start(), match.end(), gap if new is None else new)
    return editor.finish()


def _trim(before: Normalised) -> Normalised:
    """Take away the blanks at both ends."""
    text = before.text
    start, end = len(text) - len(text.lstrip(" ")), len(text.rstrip(" "))
    if start == 0 and end == len(text):
        return before
    editor = _Editor(text, before)
    for low, high in ((0, start), (max(start, end), len(text))):
        if low < high:
            editor.replace(low, high, "")
    return editor.finish()


def _single_breaks(before: Normalised) -> Normalised:
    """Replace every CR LF, the end of a line in a PDF, by LF; remove the blank before it."""
    lines = before.text.split(_CR_LF)
    if len(lines) == 1:
        return before
    last = lines.pop()
    stage = Normalised("", _before=before)
    starts, ends, new = stage._starts, stage._ends, stage._new
    end = gone = 0
    for index, line in enumerate(lines):
        end += len(line)
        if line[-1:] == " ":
            lines[index] = line[:-1]
            starts.append(end - 1)
            new.append(end - 1 - gone)
            gone += 1
        else:
            starts.append(end)
            new.append(end - gone)
        end += 2
        gone += 1
        ends.append(end)
    lines.append(last)
    stage.text = "\n".join(lines)
    stage._new_ends = [start + 1 for start in new]
    return stage


def _compose(before: Normalised) -> Normalised:
    """Return NFC of the text, without accents that have no composed form."""
    raw = before.text
    if raw.isascii() or (unicodedata.is_normalized("NFC", raw) and not _COMBINING.search(raw)):
        return before
    editor = _Editor(raw, before)
    for match in _NOT_NFC.finditer(raw):
        found = match.group()
        new = unicodedata.normalize("NFC", _COMBINING.sub("", unicodedata.normalize("NFC", found)))
        if new != found:
            editor.replace(match.start(), match.end(), new)
    return editor.finish()


def _stretch(text: str, start: int, done: int) -> tuple[int, int]:
    """Return the blanks around ``start`` that form one gap with it; ``done`` is the end of the last gap."""
    end = start + 1
    while end < len(text) and text[end] in _BLANKS:
        end += 1
    while start > done and text[start - 1] in _SPACES:
        start -= 1
    return start, end


def _gap(text: str, start: int, end: int) -> str:
    """Return the replacement of the blanks ``text[start:end]``."""
    found = text[start:end]
    breaks = len(_BREAK.findall(found)) or any(char in _BREAKS for char in found)
    if start == 0 or end == len(text):
        return ""
    if breaks:
        return "\n" if breaks == 1 else "\n\n"
    return "\t" if "\t" in found or len(found) > 2 else " "


def _clean(before: Normalised, words: Container[str]) -> Normalised:
    text = before.text
    editor = _Editor(text, before)
    for match in _ODD.finditer(text):
        start, char = match.start(), match.group()
        if start < editor.done:
            continue
        end = start + 1
        if char in _BLANKS:
            start, end = _stretch(text, start, editor.done)
            new = _gap(text, start, end)
            if new == "\n" and is_broken(text, start - 1, end) and start - 1 >= editor.done:
                start -= 1
                new = joint(text, start, end, words)
        elif char in _HYPHENS:
            _, end = _stretch(text, start, start)
            if is_broken(text, start, end):
                new = joint(text, start, end, words)
            else:
                end, new = start + 1, "" if char == "\xad" else "-"
        elif char in _LIGATURES:
            new = _LIGATURES[char]
        elif "\ue000" <= char <= "\uf8ff":
            new = "•"  # symbol fonts: nearly always the mark of a list item
        else:
            new = "\ufffd"  # half of a character beyond the basic plane
        if new != text[start:end]:
            editor.replace(start, end, new)
    return editor.finish()


def is_usual(text: str) -> bool:
    """Return whether nothing in a text is dropped as a control character, and nothing composes."""
    return _UNUSUAL.search(text) is None


def edited(raw: str, edits: Sequence[Edit]) -> Normalised:
    """Return a text with edits applied, which are in order and do not overlap."""
    return _edited(Normalised(raw), edits)


def _edited(before: Normalised, edits: Sequence[Edit]) -> Normalised:
    editor = _Editor(before.text, before)
    for start, end, new in edits:
        editor.replace(start, end, new)
    return editor.finish()


def normalise(raw: str, words: Container[str] = frozenset()) -> Normalised:
    r"""Return ``raw`` in the one form that offsets refer to, with the map from raw offsets.

    The text is NFC. It has no control character but ``\n`` and ``\t``, no ligature and no soft hyphen. It has no blank
    at its start or end or next to a line break, and at most two line breaks in a row. A wide gap
    inside a line (a column border in flattened tables) becomes one tab.

    Args:
        raw: text as a library or a codec gave it.
        words: the document's ``Vocabulary``, for the hyphens at line ends.
    """
    stage = _single_breaks(Normalised(raw))
    unusual = not is_usual(raw)
    if unusual:
        stage = _sub(_DROP, "", stage)
    if "\xad" in raw:
        stage = _sub(_STRAY_SOFT_HYPHEN, "", stage)
    if unusual:
        stage = _compose(stage)
    stage = _sub(_WIDE, None, stage)
    stage = _clean(_trim(stage), words)
    lines_kept = not (stage._starts or unusual or "\xad" in raw)
    # A removed soft hyphen can bring together characters that compose (in any script, though not in Spanish).
    stage = _compose(stage) if unusual else stage
    if marks := [*raised_signs(stage.text)]:
        stage = _edited(stage, marks)
    stage.lines_kept = lines_kept
    return stage
