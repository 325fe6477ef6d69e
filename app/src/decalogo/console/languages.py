"""The console's language: chosen by the visitor, else by the browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import yaml
from fastapi import Request

from decalogo.batches.states import Batch
from decalogo.reports.words import Words

COOKIE: Final = "decalogo-language"
LANGUAGES: Final = ("es", "en")
"""Codes of the languages, the preferred one first."""


class ConsoleWords(Words):
    """The console's texts in one language, and how it writes sizes, names and problems."""

    def __init__(self, language: str, texts: dict[str, Any]) -> None:
        super().__init__(language, texts)
        self._texts = texts

    def bytes(self, count: int) -> str:
        """Return a size in a readable unit, such as 1.5 MB."""
        for unit in ("B", "KB", "MB"):
            if count < 1024:
                return f"{self.number(count, 0 if unit == 'B' else 1)} {unit}"
            count = count / 1024  # type: ignore[assignment]
        return f"{self.number(count, 1)} GB"

    def batch_name(self, batch: Batch) -> str:
        """Return what people call a batch: its name, or the time of its submission."""
        name = getattr(batch, "metadata", {}).get("name", "")
        moment = datetime.fromtimestamp(batch.created_at, UTC).strftime(self["date_format"])
        return str(name) or self.say("batch_of", when=moment)

    def titled(self, problem: Mapping[str, object]) -> str:
        """Return a problem's title in this language, or its own title where there is no translation."""
        return str(self._problem(problem).get("title") or problem.get("title") or self["problem"])

    def problem(self, problem: Mapping[str, object]) -> str:
        """Return what a problem means and what to do, for people."""
        return str(self._problem(problem).get("detail") or problem.get("detail") or self.titled(problem))

    def _problem(self, problem: Mapping[str, object]) -> dict[str, str]:
        slug = str(problem.get("type", "")).rpartition("/")[2]
        known: dict[str, dict[str, str]] = self._texts["problems"]
        return known.get(slug, {})

    def script_words(self, prefix: str) -> str:
        """Return the texts whose keys begin with ``prefix``, as JSON for a script."""
        found = {key.removeprefix(prefix): text for key, text in self._texts.items() if key.startswith(prefix)}
        return json.dumps(found, ensure_ascii=False)


@lru_cache(maxsize=len(LANGUAGES))
def console_words(language: str) -> ConsoleWords:
    """Return the console's texts in a language of ``LANGUAGES``."""
    text = (resources.files("decalogo.console") / "words" / f"{language}.yaml").read_text(encoding="utf-8")
    return ConsoleWords(language, yaml.safe_load(text))


def language_of(request: Request) -> str:
    """Return the language of a request: its ``lang`` parameter, the cookie, or the browser's preference."""
    for wanted in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if wanted in LANGUAGES:
            return str(wanted)
    return preferred(request.headers.get("accept-language", ""))


def preferred(accept_language: str) -> str:
    """Return the best of ``LANGUAGES`` for an ``Accept-Language`` header."""
    weighted: list[tuple[float, int, str]] = []
    for place, item in enumerate(accept_language.split(",")[:20]):
        name, _, parameter = item.strip().partition(";")
        code = name.partition("-")[0].lower()
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            weight = 0.0
        if code in LANGUAGES and weight > 0:
            weighted.append((-weight, place, code))
    return min(weighted)[2] if weighted else LANGUAGES[0]
