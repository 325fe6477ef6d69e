"""Writing a fitted model as the file that ships: whole numbers, with a header that says where it came from."""

from __future__ import annotations

import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from matrix import Columns, Scales

STEPS = 64
"""Whole numbers to one unit of a score."""
LEAST = 1
"""Weights below this many steps are left out."""
SOFT_STEPS = 1024
_WIDEST = 12 * STEPS


def soft_table() -> Any:
    """Return the logarithm of the logistic function for every whole score."""
    return np.array(
        [round(-math.log1p(math.exp(-score / STEPS)) * SOFT_STEPS) for score in range(-_WIDEST, _WIDEST + 1)], np.int32
    )


def shares() -> list[int]:
    """Return the logarithms from which on a probability is shown as 0.001, 0.002 and so on."""
    return [round(math.log((share - 0.5) / 1000) * SOFT_STEPS) for share in range(1, 1001)]


def tables(name: str, table: Any, known: Columns, scales: Scales) -> dict[str, Any]:
    """Cut a fitted table into the groups of ``Weights`` and round it to whole numbers."""
    cues, named = known.cues, known.cues + known.point_marks
    groups = [
        ("grams", len(known.grams), scales.grams),
        ("shapes", len(known.shapes), scales.shapes),
        ("cues", cues, scales.cues),
        ("before", cues, scales.beside),
        ("after", cues, scales.beside),
        ("around", named, scales.around),
        ("marks", known.marks, scales.marks),
        ("marks_before", known.marks, scales.marks_beside),
        ("marks_after", known.marks, scales.marks_beside),
        ("patterns", known.patterns, scales.patterns),
        ("near", known.stems, scales.near),
        ("wide", known.stems, scales.wide),
        *((f"heading{level}", known.stems, scale) for level, scale in enumerate(scales.headings)),
    ]
    parts: dict[str, Any] = {f"{name}_constant": _whole(table[-1])}
    first = 0
    for group, width, scale in groups:
        whole = _whole(table[first : first + width] * scale)
        first += width
        if group in ("grams", "shapes"):
            kept = (whole != 0).any(1)
            keys = known.grams if group == "grams" else known.shapes
            parts[f"{name}_{'gram' if group == 'grams' else 'shape'}_keys"] = keys[kept]
            whole = whole[kept]
        if scale and whole.any():
            parts[f"{name}_{group}"] = whole
    if first != len(table) - 1:
        raise ValueError(f"{len(table) - 1} weights for {first} columns")
    return parts


def _whole(weights: Any) -> Any:
    whole = np.rint(weights * STEPS)
    whole[abs(whole) < LEAST] = 0
    return whole.astype(np.int16)


def write(path: Path, header: dict[str, Any], parts: dict[str, Any]) -> None:
    """Write the file; the same parts give the same bytes."""
    text = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    arrays = {"header": np.frombuffer(text, np.uint8), **parts, "soft": soft_table()}
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(arrays):
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(arrays[name]), version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.getvalue())
