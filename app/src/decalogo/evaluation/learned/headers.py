"""Titles of tables whose cells were flattened to text: which columns stand above a unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from decalogo.evaluation.learned.words import Lexicon, Word

ROLE_PREFIX = "head_"
_LONGEST = 40
"""Words of a unit that may be a line of titles."""
_LEAD = 9
"""Words at the beginning of a unit that may be titles before the first row."""
_REACH = 550
"""Words past which titles no longer stand for the rows below."""
_FILLING = frozenset(b"de del la el los las y o a al por en nombre ano tipo codigo cantidad".split())


@dataclass(frozen=True, slots=True)
class Above:
    """The titles above a unit: their roles (positions among the lexicon's cues) and how far above, words."""

    roles: frozenset[int]
    distance: int


class HeaderTracker:
    """Finds lines of titles in running text."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._roles = frozenset(at for at, name in enumerate(lexicon.cues) if name.startswith(ROLE_PREFIX))

    def titles(self, tokens: Sequence[bytes], words: Sequence[Word]) -> frozenset[int] | None:
        """Return the roles of a unit that is, or begins with, a line of titles; else ``None``."""
        if not words:
            return None
        if len(words) <= _LONGEST and (roles := self._read(tokens, words, 2, 0.55)):
            return roles
        return self._read(tokens[:_LEAD], words[:_LEAD], 3, 0.6)

    def _read(self, tokens: Sequence[bytes], words: Sequence[Word], least: int, share: float) -> frozenset[int] | None:
        roles: set[int] = set()
        titling = 0
        for word in words:
            if word.cues and (own := self._roles.intersection(word.cues)):
                roles |= own
                titling += 1
        if len(roles) < least:
            return None
        written = [(token, word) for token, word in zip(tokens, words, strict=True) if token[:1].isalpha()]
        filling = sum(token in _FILLING and self._roles.isdisjoint(word.cues) for token, word in written)
        return frozenset(roles) if titling + filling >= share * len(written) else None

    def reading(self) -> HeaderReading:
        """Start the reading of one document."""
        return HeaderReading(self)


class HeaderReading:
    """The reading of one document, part after part."""

    def __init__(self, tracker: HeaderTracker) -> None:
        self._tracker = tracker
        self._roles: frozenset[int] | None = None
        self._at = self._since = 0

    def above(self, tokens: Sequence[Sequence[bytes]], words: Sequence[Sequence[Word]]) -> list[Above | None]:
        """Return the titles that are above (or in) each unit of the next part, if any are near enough."""
        found: list[Above | None] = []
        for unit_tokens, unit_words in zip(tokens, words, strict=True):
            own = self._tracker.titles(unit_tokens, unit_words)
            if own is not None:
                self._roles, self._since = own, self._at
            distance = self._at - self._since
            found.append(Above(self._roles, distance) if self._roles and distance <= _REACH else None)
            self._at += len(unit_words)
        return found
