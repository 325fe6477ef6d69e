"""Weights of one set of outputs, and the scores that they give to the units of a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from decalogo.evaluation.learned.features import AROUND, LEVELS, NEAR, WIDE, Extractor, Features
from decalogo.evaluation.learned.pairs import Pairs
from decalogo.evaluation.learned.windows import around, context

GROUPS = (
    "grams",
    "shapes",
    "cues",
    "before",
    "after",
    "around",
    "marks",
    "marks_before",
    "marks_after",
    "patterns",
    "near",
    "wide",
    "heading0",
    "heading1",
    "heading2",
)
"""The groups of rows of a weight table, in the order of training's columns."""
_AT_ONCE = 8_000
"""Pairs of unit and feature that are looked up together: bounds the memory."""


@dataclass(frozen=True, eq=False)
class Weights:
    """Weight tables by group, each a row per feature and a column per output.

    Attributes:
        tables: group to its table of whole numbers; a group without weight is missing.
        constant: one whole number per output.
        gram_keys: keys of the rows of ``grams``, rising; so are ``shape_keys``.
        row_of: group to the row of each key that the extractor knows, -1 for none.
        extractor: names the features.
    """

    tables: Mapping[str, Any]
    constant: Any
    gram_keys: Any
    shape_keys: Any
    row_of: Mapping[str, Any]
    extractor: Extractor

    @classmethod
    def read(cls, parts: Mapping[str, Any], name: str, extractor: Extractor, keys: tuple[Any, Any]) -> Weights:
        """Return the weights that a file's arrays hold under a name; ``keys``: those that the extractor knows."""
        import numpy as np

        tables = {group: parts[f"{name}_{group}"] for group in GROUPS if f"{name}_{group}" in parts}
        grams, shapes = parts[f"{name}_gram_keys"], parts[f"{name}_shape_keys"]
        rows = {}
        for group, known, own in (("grams", keys[0], grams), ("shapes", keys[1], shapes)):
            row = np.full(len(known), -1, np.int32)
            row[np.searchsorted(known, own)] = np.arange(len(own))
            rows[group] = row
        return cls(tables, parts[f"{name}_constant"], grams, shapes, rows, extractor)

    def scores(self, features: Features, units: Any = None) -> Any:
        """Return a row of whole scores for each unit (``units``: only for these, rising)."""
        import numpy as np

        chosen = np.arange(features.count) if units is None else units
        total = np.zeros((features.count, len(self.constant)), np.int32)
        wanted = np.zeros(features.count, bool)
        wanted[chosen] = True
        self._add_pairs(total, features.grams, "grams", wanted)
        self._add_pairs(total, features.shapes, "shapes", wanted)
        for group, flags in self._flags(features):
            where, columns = np.nonzero(flags[chosen])
            self._add(total, chosen[where], columns, self.tables[group])
        for group, reach in (("near", NEAR), ("wide", WIDE)):
            if group in self.tables:
                total[chosen] += self._context(features, group, reach)[chosen]
        for level in range(LEVELS):
            if f"heading{level}" in self.tables:
                total[chosen] += self._headings(features, level)[features.headings[0][chosen]]
        return total[chosen] + self.constant

    def _flags(self, features: Features) -> Iterator[tuple[str, Any]]:
        """Yield the groups that are a flag per column."""
        import numpy as np

        cues, marks = features.cues, features.marks
        named = marks[:, marks.shape[1] - self.extractor.point_marks :]
        made: dict[str, Callable[[], Any]] = {
            "cues": lambda: cues,
            "before": lambda: around(cues, (1, 0), own=False),
            "after": lambda: around(cues, (0, 1), own=False),
            "around": lambda: around(np.hstack([cues, named]), AROUND),
            "marks": lambda: marks,
            "marks_before": lambda: around(marks, (1, 0), own=False),
            "marks_after": lambda: around(marks, (0, 1), own=False),
            "patterns": lambda: features.patterns,
        }
        for group, make in made.items():
            if group in self.tables:
                yield group, make()

    def _add_pairs(self, total: Any, pairs: Pairs, group: str, wanted: Any) -> None:
        if group not in self.tables:
            return
        rows = self.row_of[group][pairs.keys]
        hit = (rows >= 0) & wanted[pairs.units]
        self._add(total, pairs.units[hit], rows[hit], self.tables[group])

    @staticmethod
    def _add(total: Any, units: Any, rows: Any, table: Any) -> None:
        """Add rows of a table to the units, which rise."""
        import numpy as np

        for low in range(0, len(units), _AT_ONCE):
            part = units[low : low + _AT_ONCE]
            first = np.flatnonzero(np.concatenate([[True], part[1:] != part[:-1]]))
            total[part[first]] += np.add.reduceat(table[rows[low : low + _AT_ONCE]], first, axis=0, dtype=np.int32)

    def _context(self, features: Features, group: str, reach: tuple[int, int]) -> Any:
        """Return the sum of the stems' weights over the units near each unit, itself left out."""
        import numpy as np

        own = np.zeros((features.count, len(self.constant)), np.int32)
        self._add(own, features.stems.units, features.stems.keys, self.tables[group])
        sums = np.zeros((features.count + 1, own.shape[1]), np.int32)
        np.cumsum(own, axis=0, out=sums[1:])
        low, high = context(features.starts, reach)
        near = sums[high]
        near -= sums[low]
        near -= own
        return near

    def _headings(self, features: Features, level: int) -> Any:
        import numpy as np

        table = self.tables[f"heading{level}"]
        sums = np.zeros((len(features.paths), len(self.constant)), np.int32)
        for number, path in enumerate(features.paths):
            if len(path) > level:
                sums[number] = table[self.extractor.heading_stems(path[-1 - level])].sum(0, dtype=np.int32)
        return sums

    def strongest(self, features: Features, unit: int, output: int, most: int = 3) -> list[str]:
        """Return the names of the features of the unit itself that speak most for an output."""
        import numpy as np

        found: list[tuple[int, str, int]] = []
        for group, pairs in (("grams", features.grams), ("shapes", features.shapes)):
            if group in self.tables:
                low, high = np.searchsorted(pairs.units, (unit, unit + 1)).tolist()
                rows = self.row_of[group][pairs.keys[low:high]]
                own = rows[rows >= 0]
                weights = self.tables[group][own, output].tolist()
                found += [(-weight, group, at) for weight, at in zip(weights, own.tolist(), strict=True) if weight > 0]
        for group, flags in (("cues", features.cues), ("marks", features.marks), ("patterns", features.patterns)):
            if group in self.tables:
                columns = np.flatnonzero(flags[unit])
                weights = self.tables[group][columns, output].tolist()
                found += [
                    (-weight, group, at) for weight, at in zip(weights, columns.tolist(), strict=True) if weight > 0
                ]
        keys = {"grams": self.gram_keys, "shapes": self.shape_keys}
        return [
            self.extractor.name(group, int(keys[group][at]) if group in keys else at)
            for _, group, at in sorted(found)[:most]
        ]
