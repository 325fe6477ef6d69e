"""From features to the sparse matrices that the models are fitted on, one column per weight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from examples import Example
from scipy import sparse

from decalogo.evaluation.learned.features import AROUND, LEVELS, NEAR, WIDE, Extractor, Features
from decalogo.evaluation.learned.windows import around, context

LEAST_GRAMS = 3
LEAST_SHAPES = 8


@dataclass(frozen=True)
class Scales:
    """How much a column of each group counts before fitting: a smaller scale is a stronger prior against it."""

    grams: float = 1.0
    shapes: float = 0.7
    cues: float = 1.0
    beside: float = 0.5
    around: float = 0.3
    marks: float = 1.0
    marks_beside: float = 0.4
    patterns: float = 1.0
    near: float = 0.2
    wide: float = 0.0
    headings: tuple[float, ...] = (0.4, 0.25, 0.0)


ELEMENT_SCALES = Scales()
POINT_SCALES = Scales(
    shapes=0.0,
    cues=0.3,
    beside=0.0,
    around=0.3,
    marks=1.0,
    marks_beside=0.0,
    patterns=0.0,
    near=0.5,
    wide=0.35,
    headings=(0.8, 0.5, 0.35),
)


@dataclass
class Columns:
    """What the columns are: sorted keys of the grams and shapes, and the numbers of stems, cues and marks."""

    grams: Any
    shapes: Any
    stems: int
    cues: int
    marks: int
    patterns: int
    point_marks: int


def vocabulary(examples: Sequence[Example], lexicon: Any, least: int = 2) -> dict[str, int]:
    """Return the stems that stand in several units, with numbers from 1 by how often they do."""
    from decalogo.evaluation.learned.words import tokenise

    counts: Counter[str] = Counter()
    for example in examples:
        for unit in lexicon_words(example, lexicon, tokenise):
            counts.update({word.stem for word in unit})
    kept = sorted((stem for stem, count in counts.items() if count >= least), key=lambda stem: (-counts[stem], stem))
    return {stem: number for number, stem in enumerate(kept, 1)}


def lexicon_words(example: Example, lexicon: Any, tokenise: Any) -> list[list[Any]]:
    """Return the words of each unit that becomes a row."""
    units = example.units if example.used is None else [example.units[index] for index in example.used]
    return [lexicon.words(unit) for unit in tokenise([unit.text for unit in units])]


def columns(features: Sequence[Features], used: Sequence[Any], extractor: Extractor, point_marks: int) -> Columns:
    """Choose the grams and shapes that get a weight: those in several units that become rows (``used``)."""

    def frequent(name: str, least: int) -> Any:
        keys = np.concatenate([_of_units(getattr(one, name), own) for one, own in zip(features, used, strict=True)])
        found, counts = np.unique(keys, return_counts=True)
        return found[counts >= least]

    return Columns(
        frequent("grams", LEAST_GRAMS),
        frequent("shapes", LEAST_SHAPES),
        len(extractor.stems) + 1,
        len(extractor.lexicon.cues),
        len(extractor.marks),
        len(extractor.patterns),
        point_marks,
    )


def _of_units(pairs: Any, used: Any) -> Any:
    return pairs.keys if used is None else pairs.keys[np.isin(pairs.units, used)]


def matrix(features: Features, used: Any, extractor: Extractor, known: Columns, scales: Scales) -> Any:
    """Return the rows of one document's units (``used``: only of these, rising)."""
    rows = np.arange(features.count) if used is None else np.array(used)
    parts = [
        _lookup(features.grams, known.grams, features.count)[rows] * scales.grams,
        _lookup(features.shapes, known.shapes, features.count)[rows] * scales.shapes,
    ]
    own = sparse.csr_matrix(features.cues[rows], dtype=np.float32)
    before = around(features.cues, (1, 0), own=False)[rows]
    after = around(features.cues, (0, 1), own=False)[rows]
    named = features.marks[:, features.marks.shape[1] - known.point_marks :]
    near_cues = around(np.hstack([features.cues, named]), AROUND)[rows]
    parts += [own * scales.cues]
    parts += [sparse.csr_matrix(part, dtype=np.float32) * scales.beside for part in (before, after)]
    parts += [
        sparse.csr_matrix(near_cues, dtype=np.float32) * scales.around,
        sparse.csr_matrix(features.marks[rows], dtype=np.float32) * scales.marks,
    ]
    parts += [
        sparse.csr_matrix(around(features.marks, reach, own=False)[rows], dtype=np.float32) * scales.marks_beside
        for reach in ((1, 0), (0, 1))
    ]
    parts.append(sparse.csr_matrix(features.patterns[rows], dtype=np.float32) * scales.patterns)
    stems = sparse.csr_matrix(
        (np.ones(len(features.stems.keys), np.float32), (features.stems.units, features.stems.keys)),
        shape=(features.count, known.stems),
    )
    for window, scale in ((NEAR, scales.near), (WIDE, scales.wide)):
        parts.append(
            _window(stems, features.starts, window, rows) * scale if scale else _nothing(len(rows), known.stems)
        )
    for level in range(LEVELS):
        scale = scales.headings[level]
        parts.append(
            _headings(features, extractor, known.stems, level)[rows] * scale
            if scale
            else _nothing(len(rows), known.stems)
        )
    return sparse.hstack(parts, format="csr", dtype=np.float32)


def _nothing(rows: int, width: int) -> Any:
    return sparse.csr_matrix((rows, width), dtype=np.float32)


def _lookup(pairs: Any, keys: Any, count: int) -> Any:
    at = np.searchsorted(keys, pairs.keys)
    at[at == len(keys)] = 0
    hit = keys[at] == pairs.keys
    return sparse.csr_matrix((np.ones(hit.sum(), np.float32), (pairs.units[hit], at[hit])), shape=(count, len(keys)))


def _window(stems: Any, starts: Any, reach: tuple[int, int], used: Any) -> Any:
    low, high = context(starts, reach)
    rows, cols = [], []
    for row, index in enumerate(used.tolist()):
        for other in range(low[index], high[index]):
            if other != index:
                rows.append(row)
                cols.append(other)
    near = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, cols)), shape=(len(used), stems.shape[0]))
    return near @ stems


def _headings(features: Features, extractor: Extractor, width: int, level: int) -> Any:
    rows, cols = [], []
    found = [extractor.heading_stems(path[-1 - level]) if len(path) > level else () for path in features.paths]
    for index, path in enumerate(features.headings[0].tolist()):
        for stem in found[path]:
            rows.append(index)
            cols.append(int(stem))
    return sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, cols)), shape=(features.count, width))
