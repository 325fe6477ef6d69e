"""The Markdown pages of the repository, and the sentences in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
GENERATED = {ROOT / "docs/tuning/results.md"}


def pages() -> list[Path]:
    """Return every page that people write."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(set(found) - GENERATED)


def name(page: Path) -> str:
    """Return the path of a page in the repository."""
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """Return a page without its code blocks."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)


def sentences(page: Path) -> Iterator[str]:
    """Yield the sentences of a page; a code span counts as one word, and a table cell ends a sentence."""
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )|\n(?=[|#])", prose(page)):
        row = block.strip()
        for cell in row.strip("|").split("|") if row.startswith("|") else [row]:
            text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"`[^`]*`", "X", cell))
            words = " ".join(re.sub(r"[*_#>]", "", text).split())
            yield from (one for one in re.split(r"(?<=[.!?])\s+(?=[A-ZÁÉÍÓÚ¿\"])|:$", words) if one)


def slug(heading: str) -> str:
    """Return the anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).strip().lower()).replace(" ", "-")
