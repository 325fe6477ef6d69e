"""The result of an evaluation and its canonical form."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from decalogo.evaluation.documents.model import Extracted

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Evaluation:
    """A result and the page texts that its evidence quotes.

    Attributes:
        result: the result as JSON types.
        pages: text of each page; ``pages[page - 1][start:end]`` is a quote.
        seconds: duration of each stage by name, if known; not part of the result.
        document: the extracted document with these pages, if known; not part of the result.
    """

    result: dict[str, Any]
    pages: tuple[str, ...]
    seconds: Mapping[str, float] = field(default_factory=dict, compare=False)
    document: Extracted | None = field(default=None, compare=False, repr=False)

    def to_json(self) -> bytes:
        """Return the result's canonical JSON: UTF-8, sorted keys, no spaces."""
        return canonical_json(self.result)

    @property
    def partial(self) -> bool:
        """Whether the time limit ended the reading before the last page; ``coverage`` names pages and points."""
        return any(flag["code"] == "partial" for flag in self.result["flags"])


def canonical_json(value: object) -> bytes:
    """Return the canonical form of a JSON value, which is hashed and stored."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def identity(content: bytes | Path) -> dict[str, Any]:
    """Return hash and size of a document; a file is read in chunks."""
    if isinstance(content, bytes):
        return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    with content.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": file.tell()}
