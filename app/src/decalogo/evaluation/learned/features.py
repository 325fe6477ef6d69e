"""Features of every unit of a document, in groups that training and scoring read alike.

All are counts of what stands in a unit or near it, so a score is a sum of whole numbers: the same on every machine.

- ``grams``: stems, pairs and triples of stems in the unit itself; ``shapes``: runs of two to four class letters.
- ``cues``: the lexicon's cues in the unit, in the one before and the one after, and in the units around it.
- ``marks``: titles of a table above, kinds of numbers, kind and length of the unit, where it names the points.
- ``patterns``: groups of the rubric's patterns that stand in the unit.
- ``stems``: single stems in the unit; those of the units around it count as its context.
- ``headings``: stems of the headings above, by level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from decalogo.evaluation.fold import fold
from decalogo.evaluation.learned.headers import Above, HeaderReading, HeaderTracker
from decalogo.evaluation.learned.marks import mark_names, number_marks
from decalogo.evaluation.learned.pairs import GRAM_BASE, SHAPE_BASE, Pairs, grams, joined, shapes, unique
from decalogo.evaluation.learned.words import PLAIN, Lexicon, Word, tokenise

if TYPE_CHECKING:
    from decalogo.evaluation.matching.units import Unit

LEVELS = 3
"""Headings above a unit that count, the nearest first."""
NEAR = (30, 20)
WIDE = (90, 45)
"""Words before and after a unit that are its near and its wide context."""
AROUND = (6, 4)
"""Units before and after whose cues count."""
_KEPT_HEADINGS = 4_000
"""Headings whose stems are kept from one document to the next."""
_AT_ONCE = 500
"""Units that are read together: bounds the memory."""


@dataclass(slots=True)
class Features:
    """The features of a document's units; see the module's description."""

    count: int
    grams: Pairs
    shapes: Pairs
    stems: Pairs
    cues: Any
    marks: Any
    patterns: Any
    headings: tuple[Any, ...]
    paths: list[tuple[str, ...]]
    starts: Any


@dataclass(frozen=True, slots=True)
class _Part:
    """The features of some units in a row."""

    lengths: Any
    grams: Pairs
    shapes: Pairs
    stems: Pairs
    cues: Any
    marks: Any


class Extractor:
    """Extracts features with the numbers that a model gave its stems.

    Args:
        lexicon: the language's word lists.
        stems: stem to its number from 1; others are 0 and count only by class and cues.
        sections: names of the kinds of sections.
        point_marks: how many marks of the points there are, see ``Extractor.extract``.
        patterns: names of the groups of patterns.
        keys: the grams and the shapes that have a weight, rising; others are left out. ``None`` keeps all, for
            training.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        stems: Mapping[str, int],
        sections: Sequence[str],
        point_marks: int,
        patterns: Sequence[str] = (),
        keys: tuple[Any, Any] | None = None,
    ) -> None:
        self.lexicon = lexicon
        self.stems = stems
        self.point_marks = point_marks
        self.patterns = tuple(patterns)
        self._gram_keys: Any = keys[0] if keys else None
        self._shape_keys: Any = keys[1] if keys else None
        self._names = ("", *stems)
        self._headers = HeaderTracker(lexicon)
        self._letters = {letter: number for number, letter in enumerate(lexicon.letters, 1)}
        self._sections = {name: number for number, name in enumerate(sections)}
        self.heading_stems = lru_cache(maxsize=_KEPT_HEADINGS)(self._heading_stems)
        self.marks = mark_names(lexicon, sections, point_marks)
        self._mark_at = {name: number for number, name in enumerate(self.marks)}

    def extract(
        self, units: Sequence[Unit], section_kinds: Sequence[str], point_marks: Sequence[Sequence[int]]
    ) -> Features:
        """Return the features of all units of a document; those of patterns are added by ``add_patterns``.

        Args:
            units: in reading order.
            section_kinds: the kind of each unit's section.
            point_marks: for each unit, the numbers of the point marks it has.
        """
        import numpy as np  # loaded on first use, after fork

        reading = self._headers.reading()
        parts: list[_Part] = []
        for low in range(0, len(units), _AT_ONCE):
            high = min(low + _AT_ONCE, len(units))
            parts.append(self._part(units[low:high], low, reading, section_kinds[low:high], point_marks[low:high]))
        paths = list(dict.fromkeys(unit.section for unit in units))
        numbers = {path: at for at, path in enumerate(paths)}
        lengths = np.concatenate([part.lengths for part in parts])
        return Features(
            count=len(units),
            grams=joined([part.grams for part in parts]),
            shapes=joined([part.shapes for part in parts]),
            stems=joined([part.stems for part in parts]),
            cues=np.concatenate([part.cues for part in parts]),
            marks=np.concatenate([part.marks for part in parts]),
            patterns=np.zeros((len(units), len(self.patterns)), np.uint8),
            headings=(np.fromiter((numbers[unit.section] for unit in units), np.int64, len(units)),),
            paths=paths,
            starts=np.concatenate([[0], np.cumsum(lengths)]),
        )

    def _part(
        self,
        units: Sequence[Unit],
        first: int,
        reading: HeaderReading,
        section_kinds: Sequence[str],
        point_marks: Sequence[Sequence[int]],
    ) -> _Part:
        """Return the features of some units, the first of them with its number in the document."""
        import numpy as np

        tokens = tokenise([unit.text for unit in units])
        words = [self.lexicon.words(unit) for unit in tokens]
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        number, letter = self.stems.get, self._letters
        flat = list(chain.from_iterable(words))
        stems = np.fromiter((number(word.stem, 0) for word in flat), np.int64, len(flat))
        letters = np.fromiter((letter[word.letter] for word in flat), np.int64, len(flat))
        of_unit = np.repeat(np.arange(first, first + len(units)), lengths)
        cues = np.zeros((len(units), len(self.lexicon.cues)), np.uint8)
        for row, unit in zip(cues, words, strict=True):
            row[list(chain.from_iterable([word.cues for word in unit if word.cues]))] = 1
        return _Part(
            lengths,
            grams(stems, of_unit, self._gram_keys),
            shapes(letters, of_unit, self._shape_keys),
            unique(of_unit.astype(np.int32), stems.astype(np.int32), stems > 0),
            cues,
            self._marks(units, words, reading.above(tokens, words), section_kinds, point_marks),
        )

    def _heading_stems(self, heading: str) -> Any:
        """Return the numbers of the known stems in a heading."""
        import numpy as np

        words = self.lexicon.words(tokenise([fold(heading)])[0])
        return np.unique([n for w in words if (n := self.stems.get(w.stem, 0))]).astype(np.int64)

    def name(self, group: str, key: int) -> str:
        """Return how a feature of a unit is called in an explanation."""
        if group == "grams":
            parts = []
            while key:
                key, number = divmod(key, GRAM_BASE)
                parts.append(self._names[number])
            return " ".join(reversed(parts))
        if group == "shapes":
            letters = []
            while key:
                key, number = divmod(key, SHAPE_BASE)
                letters.append(self.lexicon.letters[number - 1])
            return f"shape {''.join(reversed(letters))}"
        if group == "patterns":
            return f"pattern {self.patterns[key]}"
        return f"cue {self.lexicon.cues[key]}" if group == "cues" else f"mark {self.marks[key]}"

    def _marks(
        self,
        units: Sequence[Unit],
        words: Sequence[Sequence[Word]],
        above: Sequence[Above | None],
        kinds: Sequence[str],
        points: Sequence[Sequence[int]],
    ) -> Any:
        import numpy as np

        marks = np.zeros((len(units), len(self.marks)), np.uint8)
        for index, unit in enumerate(units):
            shape = "".join(word.letter for word in words[index])
            names = [
                *number_marks(shape, above[index]),
                f"begins {shape[:1] or PLAIN}",
                f"ends {shape[-1:] or PLAIN}",
                f"kind {unit.kind.value}",
                f"length {min(6, len(unit.text) // 60)}",
                *(f"point {number}" for number in points[index]),
            ]
            if kinds[index]:
                names.append(f"section {kinds[index]}")
            marks[index, [self._mark_at[name] for name in names]] = 1
        return marks
