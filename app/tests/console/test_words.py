"""The console says the same in every language."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import pytest
import yaml

from decalogo.console import languages

FOLDER = Path(languages.__file__).parent


def texts(language: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / "words" / f"{language}.yaml").read_text("utf-8"))
    return {key: text for key, text in loaded.items() if key != "problems"}


def names(text: object) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(str(text)) if name}


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_names(language: str) -> None:
    assert {key: names(text) for key, text in texts(language).items()} == {
        key: names(text) for key, text in texts("en").items()
    }


def test_no_text_is_left_over() -> None:
    used = "".join(
        file.read_text("utf-8") for kind in ("*.py", "routes/*.py", "templates/*.html") for file in FOLDER.glob(kind)
    )
    composed = ("upload_", "live_", "state_", "review_", "verdict_", "show_", "reader_")
    left = [key for key in texts("en") if f'"{key}"' not in used and not key.startswith(composed)]
    assert left == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "es"),
        ("en-US,en;q=0.9", "en"),
        ("fr, en;q=0.8, es;q=0.9", "es"),
        ("de;q=1, en;q=0", "es"),
        ("en;q=broken", "es"),
        ("*", "es"),
    ],
)
def test_the_browsers_preference_chooses_the_language(header: str, language: str) -> None:
    assert languages.preferred(header) == language
