"""Pairs of unit and feature: the stems, runs of stems and runs of class letters that a unit holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

GRAM_BASE = 1 << 16
"""A run of stems is a number to this base, a digit per stem."""
SHAPE_BASE = 32
"""The same for a run of class letters."""


@dataclass(slots=True)
class Pairs:
    """Which units hold what: parallel arrays of unit numbers (rising) and keys, no pair twice.

    With a model, keys are positions among the keys that have a weight.
    """

    units: Any
    keys: Any


def unique(units: Any, keys: Any, keep: Any) -> Pairs:
    """Return each pair of unit and key once, in rising order."""
    import numpy as np

    order = np.lexsort((keys[keep], units[keep]))
    units, keys = units[keep][order], keys[keep][order]
    first = np.ones(len(units), bool)
    if len(units):
        first[1:] = (units[1:] != units[:-1]) | (keys[1:] != keys[:-1])
    return Pairs(units[first], keys[first])


def grams(stems: Any, of_unit: Any, wanted: Any) -> Pairs:
    """Return stems, pairs and triples of stems; ``wanted``: only these keys."""
    import numpy as np

    known = stems > 0
    found = [(of_unit[known], stems[known])]
    if len(stems) > 1:
        same = (of_unit[1:] == of_unit[:-1]) & known[1:] & known[:-1]
        pairs = stems[:-1] * GRAM_BASE + stems[1:]
        found.append((of_unit[1:][same], pairs[same]))
        three = same[1:] & same[:-1]
        found.append((of_unit[2:][three], (pairs[:-1] * GRAM_BASE + stems[2:])[three]))
    if wanted is not None:
        found = [among(units, keys, wanted) for units, keys in found]
    every = np.concatenate([keys for _, keys in found])
    return unique(np.concatenate([units for units, _ in found]), every, np.ones(len(every), bool))


def joined(parts: Sequence[Pairs]) -> Pairs:
    """Return the pairs of several parts, one after the other."""
    import numpy as np

    return Pairs(np.concatenate([one.units for one in parts]), np.concatenate([one.keys for one in parts]))


def among(units: Any, keys: Any, wanted: Any) -> tuple[Any, Any]:
    """Return the pairs whose key is wanted, with its position."""
    import numpy as np

    if not len(wanted):
        return units[:0].astype(np.int32), keys[:0].astype(np.int32)
    at = np.searchsorted(wanted, keys)
    at[at == len(wanted)] = 0
    hit = wanted[at] == keys
    return units[hit].astype(np.int32), at[hit].astype(np.int32)


def shapes(letters: Any, of_unit: Any, wanted: Any) -> Pairs:
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
        run = run[:-1] * SHAPE_BASE + letters[length - 1 :]
        found = of_unit[length - 1 :][same], run[same]
        if wanted is not None:
            found = among(*found, wanted)
        units.append(found[0])
        keys.append(found[1])
    if not units:
        return Pairs(of_unit[:0], letters[:0])
    every = np.concatenate(keys)
    return unique(np.concatenate(units), every, np.ones(len(every), bool))
