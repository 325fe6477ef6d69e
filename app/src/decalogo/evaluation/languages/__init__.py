"""What is different from language to language, as data: one YAML file each, chosen by the rubric's ``language``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAME = re.compile(r"@([a-z]+)")
DEFAULT = "es"
"""Language of a document that is read for no rubric."""
YEAR = r"(?:19[3-9]\d|20[0-6]\d)"


@dataclass(frozen=True, slots=True)
class NumberWords:
    """How numbers are written and what stands around them; patterns are expanded, on folded text.

    Attributes:
        decimal: sign before decimals.
        thousands: sign between groups of three digits.
        longest_quantity: characters; a longer number in groups of three is an amount of money.
        words: written-out numbers.
        scales: words that multiply the number before them; of two that fit, the first.
        period: two years as one period.
        base: what a rate refers to ("per 1,000").
        percent_after: what makes the number before it a share.
        money_before: what makes the number after it money.
        money_after: what makes the number before it money.
        references: spans whose numbers count nothing (laws, labels, telephones, dates, ages).
    """

    decimal: str
    thousands: str
    longest_quantity: int
    words: Mapping[str, float]
    scales: Mapping[str, float]
    period: str
    base: str
    percent_after: str
    money_before: str
    money_after: str
    references: str


@dataclass(frozen=True, eq=False)
class Language:
    """One language.

    Attributes:
        code: as a rubric's ``language`` names it.
        stemmer: Snowball's name of its stemmer.
        tesseract: the name of its data for text recognition.
        abbreviations: words whose full stop ends no sentence.
        numbers: how numbers are written.
        change: what may stand between the two numbers of a change.
        range: what stands before two numbers that are a range, not a change.
        layout: words that a page's layout is told by, see ``extract.words``.
    """

    code: str
    stemmer: str
    tesseract: str
    abbreviations: tuple[str, ...]
    numbers: NumberWords
    change: str
    range: str
    layout: Mapping[str, Any]


def heading_styles() -> tuple[str, ...]:
    """Return what office files call the styles of headings, in every language: that of the writer's program counts."""
    return tuple(_files()[code]["layout"]["heading_styles"] for code in languages())


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that a rubric may be written in, sorted."""
    return tuple(code for code, data in _files().items() if "numbers" in data)


@lru_cache(maxsize=1)
def commonest() -> dict[str, frozenset[str]]:
    """Return the commonest words (folded) of every language that texts are told apart by."""
    return {code: frozenset(data["commonest"].split()) for code, data in _files().items()}


@lru_cache(maxsize=1)
def placeholders() -> dict[str, str]:
    """Return what advice may call ``point`` and ``missing`` in any language, with these names."""
    return {written: name for data in _files().values() for name, written in data.get("placeholders", {}).items()}


@lru_cache(maxsize=8)
def load_language(code: str) -> Language:
    """Return a language by its code; ``es-CO`` is ``es``. Raises ``ValueError`` for one without a file."""
    short = code.partition("-")[0]
    if short not in languages():
        raise ValueError(f"unknown language {code!r}; known: {', '.join(languages())}")
    data = _files()[short]
    numbers = dict(data["numbers"])
    lists = {"year": YEAR, **{name: _any(parts) for name, parts in numbers.pop("lists").items()}}
    for name in ("period", "base"):
        numbers[name] = _expand(numbers[name], lists)
    numbers["references"] = "|".join(_expand(pattern, lists) for pattern in numbers["references"])
    return Language(
        code=short,
        stemmer=data["stemmer"],
        tesseract=data["tesseract"],
        abbreviations=tuple(data["abbreviations"]),
        numbers=NumberWords(**numbers),
        change="|".join(data["change"]),
        range="|".join(data["range"]),
        layout=data["layout"],
    )


def _any(parts: list[str]) -> str:
    return f"(?:{'|'.join(parts)})"


def _expand(pattern: str, lists: Mapping[str, str]) -> str:
    return _NAME.sub(lambda found: lists[found.group(1)], pattern)


@lru_cache(maxsize=1)
def _files() -> dict[str, dict[str, Any]]:
    folder = resources.files(__name__)
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".yaml"))
    return {
        Path(name).stem: yaml.load((folder / name).read_bytes(), Loader=_Loader)  # noqa: S506 - a safe loader
        for name in names
    }
