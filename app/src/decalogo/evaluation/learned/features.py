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
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from decalogo.evaluation.fold import fold
from decalogo.evaluation.learned.headers import Above, HeaderTracker
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
QUANTITIES = "qmda"
NO_DATA = "N"
NUMBERS = "qyamd%$N"
"""Class letters of quantities, of missing data, and of all that is a number or stands for one."""
_BASE = 1 << 16
_SHAPE_BASE = 32


@dataclass(frozen=True, slots=True)
class _Text:
    """Tokens and words of each unit."""

    tokens: list[list[bytes]]
    words: list[list[Word]]


@dataclass(slots=True)
class Pairs:
    """Which units hold what: parallel arrays of unit numbers (rising) and keys, no pair twice."""

    units: Any
    keys: Any


@dataclass(slots=True)
class Features:
    """The features of a document's units; see the module's description.

    ``rows`` keeps units and rows of weights that were looked up, for explanations.
    """

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
    rows: dict[tuple[int, str], tuple[Any, Any]] = field(default_factory=dict)


class Extractor:
    """Extracts features with the numbers that a model gave its stems.

    Args:
        lexicon: the language's word lists.
        stems: stem to its number from 1; others are 0 and count only by class and cues.
        sections: names of the kinds of sections.
        point_marks: how many marks of the points there are, see ``Extractor.extract``.
        patterns: names of the groups of patterns.
        gram_keys: the grams that have a weight, rising; others are left out. ``None`` keeps all, for training.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        stems: Mapping[str, int],
        sections: Sequence[str],
        point_marks: int,
        patterns: Sequence[str] = (),
        gram_keys: Any = None,
    ) -> None:
        self.lexicon = lexicon
        self.stems = stems
        self.point_marks = point_marks
        self.patterns = tuple(patterns)
        self._gram_keys = gram_keys
        self._names = ("", *stems)
        self._headers = HeaderTracker(lexicon)
        self._letters = {letter: number for number, letter in enumerate(lexicon.letters, 1)}
        self._sections = {name: number for number, name in enumerate(sections)}
        self._paths: dict[str, Any] = {}
        self.marks = _mark_names(lexicon, sections, point_marks)
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

        tokens = tokenise([unit.text for unit in units])
        words = [self.lexicon.words(unit) for unit in tokens]
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        starts = np.concatenate([[0], np.cumsum(lengths)])
        number, letter = self.stems.get, self._letters
        flat = list(chain.from_iterable(words))
        stems = np.fromiter((number(word.stem, 0) for word in flat), np.int64, len(flat))
        letters = np.fromiter((letter[word.letter] for word in flat), np.int64, len(flat))
        of_unit = np.repeat(np.arange(len(units)), lengths)
        cues = np.zeros((len(units), len(self.lexicon.cues)), np.uint8)
        for row, unit in zip(cues, words, strict=True):
            row[list(chain.from_iterable([word.cues for word in unit if word.cues]))] = 1
        paths = list(dict.fromkeys(unit.section for unit in units))
        numbers = {path: at for at, path in enumerate(paths)}
        return Features(
            count=len(units),
            grams=_grams(stems, of_unit, self._gram_keys),
            shapes=_shapes(letters, of_unit),
            stems=_unique(of_unit, stems, stems > 0),
            cues=cues,
            marks=self._marks(units, _Text(tokens, words), section_kinds, point_marks),
            patterns=np.zeros((len(units), len(self.patterns)), np.uint8),
            headings=(np.fromiter((numbers[unit.section] for unit in units), np.int64, len(units)),),
            paths=paths,
            starts=starts,
        )

    def heading_stems(self, heading: str) -> Any:
        """Return the numbers of the known stems in a heading."""
        found = self._paths.get(heading)
        if found is None:
            import numpy as np

            words = self.lexicon.words(tokenise([fold(heading)])[0])
            found = self._paths[heading] = np.unique([n for w in words if (n := self.stems.get(w.stem, 0))]).astype(
                np.int64
            )
        return found

    def name(self, group: str, key: int) -> str:
        """Return how a feature of a unit is called in an explanation."""
        if group == "grams":
            parts = []
            while key:
                key, number = divmod(key, _BASE)
                parts.append(self._names[number])
            return " ".join(reversed(parts))
        if group == "shapes":
            letters = []
            while key:
                key, number = divmod(key, _SHAPE_BASE)
                letters.append(self.lexicon.letters[number - 1])
            return f"shape {''.join(reversed(letters))}"
        if group == "patterns":
            return f"pattern {self.patterns[key]}"
        return f"cue {self.lexicon.cues[key]}" if group == "cues" else f"mark {self.marks[key]}"

    def _marks(self, units: Sequence[Unit], text: _Text, kinds: Sequence[str], points: Sequence[Sequence[int]]) -> Any:
        import numpy as np

        marks = np.zeros((len(units), len(self.marks)), np.uint8)
        above = self._headers.above(text.tokens, text.words)
        for index, unit in enumerate(units):
            shape = "".join(word.letter for word in text.words[index])
            names = [
                *_number_marks(shape, above[index]),
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


def _number_marks(shape: str, title: Above | None) -> list[str]:
    """Return the marks of a unit's numbers and of the titles above it."""
    kinds = sorted({sign for sign in shape if sign in NUMBERS})
    numbers = sum(sign in QUANTITIES for sign in shape)
    names = [*(f"holds {kind}" for kind in kinds), f"numbers {min(numbers, 4)}"]
    if title is None:
        return names
    names += ["titles", f"titles {min(4, title.distance // 100)}"]
    names += [f"title {role}" for role in title.roles]
    if numbers or NO_DATA in kinds:
        names += [f"number under {role}" for role in title.roles]
    if numbers:
        names.append("number under titles")
    if NO_DATA in kinds:
        names.append("no data under titles")
    if title.distance == 0:
        names.append("is titles")
    return names


def _mark_names(lexicon: Lexicon, sections: Sequence[str], point_marks: int) -> tuple[str, ...]:
    roles = [at for at, name in enumerate(lexicon.cues) if name.startswith("head_")]
    return (
        *(f"holds {sign}" for sign in NUMBERS),
        *(f"numbers {count}" for count in range(5)),
        "titles",
        "is titles",
        "number under titles",
        "no data under titles",
        *(f"titles {step}" for step in range(6)),
        *(f"{what} {role}" for role in roles for what in ("title", "number under")),
        *(f"{where} {letter}" for letter in lexicon.letters for where in ("begins", "ends")),
        *(f"kind {kind}" for kind in ("prose", "list", "table-row", "heading")),
        *(f"length {step}" for step in range(7)),
        *(f"section {name}" for name in sections),
        *(f"point {number}" for number in range(point_marks)),
    )


def _unique(units: Any, keys: Any, keep: Any) -> Pairs:
    """Return each pair of unit and key once, in rising order."""
    import numpy as np

    order = np.lexsort((keys[keep], units[keep]))
    units, keys = units[keep][order], keys[keep][order]
    first = np.ones(len(units), bool)
    if len(units):
        first[1:] = (units[1:] != units[:-1]) | (keys[1:] != keys[:-1])
    return Pairs(units[first], keys[first])


def _grams(stems: Any, of_unit: Any, wanted: Any) -> Pairs:
    """Return stems, pairs and triples of stems; ``wanted``: only these keys."""
    import numpy as np

    known = stems > 0
    found = [(of_unit[known], stems[known])]
    if len(stems) > 1:
        same = (of_unit[1:] == of_unit[:-1]) & known[1:] & known[:-1]
        pairs = stems[:-1] * _BASE + stems[1:]
        found.append((of_unit[1:][same], pairs[same]))
        three = same[1:] & same[:-1]
        found.append((of_unit[2:][three], (pairs[:-1] * _BASE + stems[2:])[three]))
    if wanted is not None:
        found = [_among(units, keys, wanted) for units, keys in found]
    every = np.concatenate([keys for _, keys in found])
    return _unique(np.concatenate([units for units, _ in found]), every, np.ones(len(every), bool))


def _among(units: Any, keys: Any, wanted: Any) -> tuple[Any, Any]:
    import numpy as np

    if not len(wanted):
        return units[:0], keys[:0]
    at = np.searchsorted(wanted, keys)
    at[at == len(wanted)] = 0
    hit = wanted[at] == keys
    return units[hit], keys[hit]


def _shapes(letters: Any, of_unit: Any) -> Pairs:
    """Return runs of two to four letters; several plain words in a row are one."""
    import numpy as np

    if not len(letters):
        return Pairs(of_unit, letters)
    plain = letters == 1
    again = np.zeros(len(letters), bool)
    again[1:] = plain[1:] & plain[:-1] & (of_unit[1:] == of_unit[:-1])
    letters, of_unit = letters[~again], of_unit[~again]
    units, keys = [], []
    run, same = letters, np.ones(len(letters), bool)
    for length in range(2, 5):
        if len(letters) < length:
            break
        same = same[:-1] & (of_unit[length - 1 :] == of_unit[: len(of_unit) - length + 1])
        run = run[:-1] * _SHAPE_BASE + letters[length - 1 :]
        units.append(of_unit[length - 1 :][same])
        keys.append(run[same])
    if not units:
        return Pairs(of_unit[:0], letters[:0])
    every = np.concatenate(keys)
    return _unique(np.concatenate(units), every, np.ones(len(every), bool))


__all__ = ["AROUND", "LEVELS", "NEAR", "PLAIN", "WIDE", "Extractor", "Features", "Pairs"]
