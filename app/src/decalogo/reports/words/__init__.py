"""The texts of reports, one YAML file a language, so that no report has a language in its code."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

DEFAULT = "en"
"""Language of a report when there is no table for the rubric's own."""


class Words:
    """The texts of one language, by key; numbers in its manner.

    Args:
        language: code of the language, as in the ``lang`` attribute of HTML.
        texts: key to text; ``flag_texts`` maps codes of quality flags to texts.
    """

    def __init__(self, language: str, texts: dict[str, Any]) -> None:
        self.language = language
        self._texts = texts

    def __getitem__(self, key: str) -> str:
        """Return a text; a missing key is an error in the table or its user."""
        return str(self._texts[key])

    def say(self, key: str, **values: object) -> str:
        """Return a text with its names filled in."""
        return self[key].format(**values)

    def column(self, name: str) -> str:
        """Return the title of a column of a table."""
        return str(self._texts["columns"][name])

    def sheet(self, name: str) -> str:
        """Return the name of a sheet of a workbook."""
        return str(self._texts["sheets"][name])

    def flag(self, code: str, detail: str, **values: object) -> str:
        """Return what a quality flag means; unknown codes are told by the detail the result itself gives."""
        text = self._texts["flag_texts"].get(code)
        return detail if text is None else str(text).format(**values)

    def number(self, value: float | None, digits: int = 1) -> str:
        """Return a number with the language's decimal sign; a dash for none."""
        return "–" if value is None else f"{value:.{digits}f}".replace(".", self["decimal"])

    def short(self, value: float | None) -> str:
        """Return a number with as many decimals as it has, at most two."""
        return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".").replace(".", self["decimal"])


def languages() -> tuple[str, ...]:
    """Return the codes of the languages there are tables for, sorted."""
    folder = resources.files(__name__)
    return tuple(sorted(Path(f.name).stem for f in folder.iterdir() if f.name.endswith(".yaml")))


@lru_cache(maxsize=8)
def words(language: str) -> Words:
    """Return the table of a language (``es``, ``es-CO``); the default one's when there is none."""
    code = language.partition("-")[0].lower()
    code = code if code in languages() else DEFAULT
    return Words(code, yaml.safe_load((resources.files(__name__) / f"{code}.yaml").read_text(encoding="utf-8")))
