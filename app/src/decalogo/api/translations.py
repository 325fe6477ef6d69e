"""Translate problems into the language of the reader (``Accept-Language``): English, the original, or Spanish.

Errors are raised in English where they happen. Their details are matched with the templates of ``words/es.yaml``, so no
code that raises an error needs to know about languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any, Final

import yaml

ENGLISH: Final = "en"
LANGUAGES: Final = (ENGLISH, "es")
_MORE: Final = re.compile(r"(?P<first>.*) \(and (?P<more>\d+) more\)", re.DOTALL)
_MAX_DETAIL: Final = 2000
"""Longer details are not translated: they quote the client, and matching could take long."""
_Templates = list[tuple[re.Pattern[str], str]]


def preferred(accept_language: str) -> str:
    """Return the language that a header ``Accept-Language`` prefers; English without a known one."""
    best, weight = ENGLISH, 0.0
    for entry in accept_language.split(","):
        tag, _, parameter = entry.partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            quality = float(value) if name == "q" else 1.0
        except ValueError:
            continue
        code = tag.strip().partition("-")[0].lower()
        if code in LANGUAGES and quality > weight:
            best, weight = code, quality
    return best


def translated(problem: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return a problem document in a language; texts without a translation stay English."""
    if language == ENGLISH:
        return dict(problem)
    words, slug = _words(language), str(problem.get("type", "")).rpartition("/")[2]
    detail, errors = str(problem.get("detail", "")), problem.get("errors")
    changed: dict[str, Any] = {"title": words["titles"].get(slug, problem.get("title", ""))}
    if isinstance(errors, list) and errors:
        changed["errors"] = [{**error, "detail": translate(str(error["detail"]), language)} for error in errors]
        first, found = changed["errors"][0], _MORE.fullmatch(detail)
        changed["detail"] = f"{first['where']}: {first['detail']}" + (f" (y {found['more']} más)" if found else "")
    else:
        text = translate(detail, language)
        changed["detail"] = words["fallback"].get(slug, text) if text == detail else text
    return {**problem, **changed}


@lru_cache(maxsize=1024)
def translate(detail: str, language: str) -> str:
    """Return a detail in a language, or unchanged if it has no translation."""
    if len(detail) > _MAX_DETAIL:
        return detail
    for pattern, text in _templates(language):
        found = pattern.fullmatch(detail)
        if found:
            values = [translate(value, language) for value in found.groups()]
            return re.sub(r"\{(\d+)\}", partial(_value, values), text)
    return detail


def _value(values: Sequence[str], place: re.Match[str]) -> str:
    return values[int(place[1]) - 1]


@lru_cache(maxsize=len(LANGUAGES))
def _words(language: str) -> dict[str, dict[str, str]]:
    text = (files("decalogo.api") / "words" / f"{language}.yaml").read_text(encoding="utf-8")
    words: dict[str, dict[str, str]] = yaml.safe_load(text)
    return words


@lru_cache(maxsize=len(LANGUAGES))
def _templates(language: str) -> _Templates:
    """Return the patterns of the English details, the most specific ones first."""
    known = sorted(_words(language)["details"].items(), key=lambda pair: -len(re.sub(r"\{\d+\}", "", pair[0])))
    return [(_pattern(english), text) for english, text in known]


def _pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\d+)\}", template)
    regex = "".join("(.+)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces))
    return re.compile(regex, re.DOTALL)
