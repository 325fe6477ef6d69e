"""The texts of reports, one YAML file per language."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from decalogo.reports.numbers import rounded

DEFAULT = "en"
"""Language of a report if there are no texts in the rubric's language."""


class Words:
    """The texts and number format of one language.

    Args:
        language: code of the language, as in the HTML attribute ``lang``.
        texts: text of each key; ``flag_texts`` has the texts of quality flags by code.
    """

    def __init__(self, language: str, texts: dict[str, Any]) -> None:
        self.language = language
        self._texts = texts

    def __getitem__(self, key: str) -> str:
        """Return the text of a key; a missing key is a programming error."""
        return str(self._texts[key])

    def say(self, key: str, **values: object) -> str:
        """Return a text with its placeholders filled in."""
        return self[key].format(**values)

    def lines(self, key: str) -> list[str]:
        """Return a text that is a list of paragraphs."""
        return [str(line) for line in self._texts[key]]

    def column(self, name: str) -> str:
        """Return the title of a column."""
        return str(self._texts["columns"][name])

    def sheet(self, name: str) -> str:
        """Return the name of a sheet."""
        return str(self._texts["sheets"][name])

    def flag(self, code: str, detail: str, **values: object) -> str:
        """Return the text of a quality flag, or ``detail`` if the code is unknown."""
        text = self._texts["flag_texts"].get(code)
        return detail if text is None else str(text).format(**values)

    def moment(self, time: datetime) -> str:
        """Return a time in UTC in the language's form."""
        return time.strftime(self["date_format"])

    def number(self, value: float | None, digits: int = 1) -> str:
        """Return a number with the language's decimal sign, or a dash for None."""
        return "–" if value is None else rounded(value, digits).replace(".", self["decimal"])

    def whole(self, value: int) -> str:
        """Return a whole number with the language's sign between thousands."""
        return f"{value:,}".replace(",", self["thousands"])

    def short(self, value: float | None) -> str:
        """Return a number with its significant decimals, at most two, or a dash for None."""
        return "–" if value is None else rounded(value, 2).rstrip("0").rstrip(".").replace(".", self["decimal"])


def languages() -> tuple[str, ...]:
    """Return the codes of the languages with texts, sorted."""
    folder = resources.files(__name__)
    return tuple(sorted(Path(f.name).stem for f in folder.iterdir() if f.name.endswith(".yaml")))


@lru_cache(maxsize=8)
def words(language: str) -> Words:
    """Return the texts of a language (``es``, ``es-CO``), or of the default language."""
    code = language.partition("-")[0].lower()
    code = code if code in languages() else DEFAULT
    return Words(code, yaml.safe_load((resources.files(__name__) / f"{code}.yaml").read_text(encoding="utf-8")))
