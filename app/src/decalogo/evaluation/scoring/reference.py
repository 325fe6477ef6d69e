"""Where a result stands among the documents of a reference: percentile, quartile, and among documents of like length.

A reference is a JSON file next to its rubric (``decalogo.reference.json`` next to ``decalogo.yaml``), made by
``decalogo reference`` from results. It lists percent and length of each document. It is used only for results of the
rubric version and evaluator version that it was made with, because scores of other versions cannot be compared.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import orjson

from decalogo.evaluation.rubric import Rubric

SUFFIX: Final = ".reference.json"
FEWEST: Final = 12
"""Documents that a reference must hold, to give a percentile."""
_LIKE: Final = 15
"""Documents of the nearest length that count as of like length."""


@dataclass(frozen=True)
class Reference:
    """Results that others are compared with.

    Attributes:
        name: what the documents are, for people.
        documents: percent and number of characters of each.
        sha256: of the file.
    """

    name: str
    rubric: str
    rubric_version: str
    evaluator_version: str
    documents: tuple[tuple[float, int], ...]
    sha256: str

    def standing(self, percent: float | None, characters: int) -> dict[str, Any]:
        """Return where a result stands.

        Args:
            percent: the global result; None where no point applies.
            characters: length of the document's text.

        Returns:
            ``percentile`` and ``percentile_like_length`` (0 to 100, the share of reference documents below, equal ones
            half), ``quartile`` (1 lowest to 4 highest), and the reference they refer to; {} where it has too few
            documents or the result no percent.
        """
        if percent is None or len(self.documents) < FEWEST:
            return {}
        near = sorted(self.documents, key=lambda item: abs(math.log(item[1] + 1) - math.log(characters + 1)))[:_LIKE]
        percentile = _percentile(percent, sorted(value for value, _ in self.documents))
        return {
            "percentile": percentile,
            "quartile": min(4, int(percentile // 25) + 1),
            "percentile_like_length": _percentile(percent, sorted(value for value, _ in near)),
            "reference": {"name": self.name, "documents": len(self.documents), "sha256": self.sha256},
        }


def _percentile(value: float, known: Sequence[float]) -> float:
    below, upto = bisect_left(known, value), bisect_right(known, value)
    return round(100 * (below + (upto - below) / 2) / len(known), 1)


def reference_of(rubric: Rubric, evaluator_version: str) -> Reference | None:
    """Return the reference next to a rubric, if there is one made with the same versions."""
    found = _read(rubric.source)
    fits = found and (found.rubric, found.rubric_version, found.evaluator_version) == (
        rubric.id,
        rubric.version,
        evaluator_version,
    )
    return found if fits else None


@lru_cache(maxsize=16)
def _read(source: str) -> Reference | None:
    """Read the reference next to a rubric file, given by its path or by a shipped rubric's name."""
    path = Path(source)
    shipped = resources.files("decalogo.rubrics") / (path.stem + SUFFIX)
    own = path.with_suffix(SUFFIX) if path.suffix else None
    for place in (own, shipped):
        try:
            content = place.read_bytes() if place is not None else b""
        except OSError:
            continue
        if content:
            return parse_reference(content)
    return None


def parse_reference(content: bytes) -> Reference:
    """Return a reference from its file's bytes; raises ``ValueError`` or ``KeyError`` for anything else."""
    raw = orjson.loads(content)
    return Reference(
        name=raw["name"],
        rubric=raw["rubric"],
        rubric_version=raw["rubric_version"],
        evaluator_version=raw["evaluator_version"],
        documents=tuple((float(d["percent"]), int(d["characters"])) for d in raw["documents"]),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def make_reference(results: Sequence[tuple[str, Mapping[str, Any]]], name: str) -> bytes:
    """Return the file for a reference.

    Args:
        results: name and result of each document; all of one rubric version and one evaluator version.
        name: what the documents are, for people.

    Raises:
        ValueError: there are no results, or they are of several versions.
    """
    versions = {(r["rubric"]["id"], r["rubric"]["version"], r["evaluator"]["version"]) for _, r in results}
    if len(versions) != 1:
        raise ValueError("a reference needs results of one rubric version and one evaluator version")
    rubric, rubric_version, evaluator_version = versions.pop()
    documents = [
        {"name": title, "percent": r["global"]["percent"], "characters": r["document"]["characters"]}
        for title, r in results
        if r["global"]["percent"] is not None
    ]
    content = {
        "name": name,
        "rubric": rubric,
        "rubric_version": rubric_version,
        "evaluator_version": evaluator_version,
        "documents": sorted(documents, key=lambda item: item["name"]),
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"
