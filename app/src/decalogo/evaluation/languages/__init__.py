"""Everything that depends on the language, as data: one YAML file per language, chosen by the rubric's ``language``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAME = re.compile(r"@([a-z]+)")
DEFAULT = "es"
"""Language of a document that is read without a rubric."""
YEAR = r"(?:19[3-9]\d|20[0-6]\d)"


@dataclass(frozen=True, slots=True)
class NumberWords:
    """How numbers are written. Patterns are expanded and match folded text.

    Attributes:
        decimal: decimal separator.
        thousands: thousands separator.
        longest_quantity: maximum length of a quantity, characters; a longer grouped number is an amount of money.
        words: numbers as words, with their values.
        scales: words that multiply the number before them; the first match counts.
        period: pattern of two years that are one period.
        base: pattern of the base of a rate ("per 1,000").
        percent_after: pattern after a percentage.
        money_before: pattern before an amount of money.
        money_after: pattern after an amount of money.
        amount_after: pattern after a number that is money if a word of ``amount_near`` is close to it.
        amount_near: pattern of words of budgets.
        references: pattern of spans whose numbers count nothing (laws, labels, telephones, dates, ages).
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
    amount_after: str = ""
    amount_near: str = ""


@dataclass(frozen=True, eq=False)
class Language:
    """One language.

    Attributes:
        code: code in a rubric's ``language``.
        stemmer: Snowball's name of the stemmer.
        tesseract: tesseract's code of the language.
        abbreviations: words whose full stop does not end a sentence.
        numbers: how numbers are written.
        change: pattern between the two numbers of a change.
        range: pattern before two numbers that are a range, not a change.
        layout: words for layout analysis, see ``layout.words``.
    """

    code: str
    stemmer: str
    tesseract: str
    abbreviations: tuple[str, ...]
    numbers: NumberWords
    change: str
    range: str
    layout: Mapping[str, Any]
    euphony: tuple[tuple[str, str], ...] = ()
    """Pattern and replacement, for words that merge or change next to others ("de el" is "del")."""

    @cached_property
    def programme(self) -> re.Pattern[str]:
        """What headings of programmes, sectors and the like begin with, a number before it or not."""
        ranks = self.layout.get("programmes", "")
        return re.compile(rf"(?:[\divxlc.]+[ .):-]*)?(?:{ranks})\b" if ranks else r"(?!)", re.IGNORECASE)

    def euphonic(self, text: str) -> str:
        """Return a composed sentence with the words merged that the language merges."""
        for pattern, replacement in self.euphony:
            text = re.sub(pattern, replacement, text)
        return text


def heading_styles() -> tuple[str, ...]:
    """Return the names of heading styles in office files, in every language: the program's language decides."""
    return tuple(_files()[code]["layout"]["heading_styles"] for code in languages())


def languages() -> tuple[str, ...]:
    """Return the codes of the languages for rubrics, sorted."""
    return tuple(code for code, data in _files().items() if "numbers" in data)


@lru_cache(maxsize=1)
def commonest() -> dict[str, frozenset[str]]:
    """Return the most frequent words (folded) of every language with a data file."""
    return {code: frozenset(data["commonest"].split()) for code, data in _files().items()}


@lru_cache(maxsize=1)
def placeholders() -> dict[str, str]:
    """Return the placeholders of advice in all languages, each with its meaning: ``point`` or ``missing``."""
    return {written: name for data in _files().values() for name, written in data.get("placeholders", {}).items()}


@lru_cache(maxsize=8)
def load_language(code: str) -> Language:
    """Return a language by its code; ``es-CO`` is ``es``. Raise ``ValueError`` for an unknown code."""
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
        euphony=tuple((pattern, replacement) for pattern, replacement in data.get("euphony", ())),
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
