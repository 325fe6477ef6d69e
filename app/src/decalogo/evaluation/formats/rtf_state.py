"""What holds inside a group of an RTF file, and which control words begin groups that are passed over."""

from __future__ import annotations

from dataclasses import dataclass

# Destinations whose text is on no page of the document.
PASSED_OVER = frozenset(
    b"colortbl stylesheet info pict object themedata colorschememapping latentstyles datastore listtable "
    b"listoverridetable rsidtbl generator filetbl revtbl header headerl headerr headerf footer footerl footerr footerf "
    b"fldinst xmlnstbl mmathPr bkmkstart bkmkend shprslt sp xe tc txe rxe annotation atnid atnauthor atntime atnicn "
    b"atnref atrfstart atrfend nonesttables nesttableprops userprops docvar template passwordhash "
    b"ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn pgdsctbl".split()
)
KEPT_IN_STAR = frozenset({b"shpinst", b"shptxt", b"ud", b"footnote"})
"""Destinations that readers may not know (they begin with a star), and that hold text of the page."""
SIGNS = {
    b"tab": "\t", b"line": "\n", b"emdash": "—", b"endash": "–", b"bullet": "•", b"lquote": "‘", b"rquote": "’",
    b"ldblquote": "“", b"rdblquote": "”", b"emspace": " ", b"enspace": " ", b"qmspace": " ", b"nestcell": "\n",
    b"nestrow": "\n",
}  # fmt: skip
ESCAPES = {b"\\": "\\", b"{": "{", b"}": "}", b"~": " ", b"_": "-", b"-": "\xad"}


@dataclass(slots=True)
class Group:
    """The state that the end of a group restores.

    Attributes:
        instead: characters after a Unicode sign that stand for it.
        codec: of its text.
        hidden: whether its text is hidden.
        deleted: whether it is deleted, moved away, or given again in Unicode.
        raised: whether its text is superscript.
        kind: ``fonts``, ``note`` or ``box`` for the groups that begin these, else empty.
        fonts: whether it is inside the font table.
    """

    instead: int = 1
    codec: str = ""
    hidden: bool = False
    deleted: bool = False
    raised: bool = False
    kind: str = ""
    fonts: bool = False

    def inner(self) -> Group:
        """Return the state at the beginning of a group inside this one."""
        return Group(self.instead, self.codec, self.hidden, self.deleted, self.raised, "", self.fonts)


@dataclass(slots=True)
class RowCells:
    """How the cells of a table row are merged: a pair (with the cell to the left, with the cell above) for each."""

    merged: list[tuple[bool, bool]]
    left: bool = False
    above: bool = False
    place: int = 0

    def take(self, word: bytes) -> None:
        """Take a control word of a row's definition."""
        if word == b"trowd":
            self.merged, self.left, self.above = [], False, False
        elif word == b"clmrg":
            self.left = True
        elif word == b"clvmrg":
            self.above = True
        elif len(self.merged) < 1000:
            self.merged.append((self.left, self.above))
            self.left = self.above = False

    def next(self) -> tuple[bool, bool]:
        """Return how the next cell of the row is merged."""
        self.place += 1
        return self.merged[self.place - 1] if self.place <= len(self.merged) else (False, False)
