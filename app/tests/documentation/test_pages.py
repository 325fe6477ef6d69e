"""Links lead somewhere, files that pages name exist, and sentences are short and in the field's terms."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.documentation.pages import ROOT, name, pages, prose, sentences, slug

LONGEST_SENTENCE = 35
AVOIDED = re.compile(
    r"\b(anew|at once|whoever|for ever|for want of|so many|so long|hand(s|ed)? in|mended|yardstick|takes? leave|"
    r"stands? in|in work|beside|judg(e|es|ed|ing)|lanes?|janitor|slots?|knees?|the guide|the edge|the gate|the door)\b",
    re.IGNORECASE,
)
PATH = re.compile(r"`((?:app|bench|config|docs|grafana|images|loadtest|scripts|tests)/[\w./@-]+)`")
TEST = re.compile(r"`(\w+/test_\w+\.py)`")


def broken_links(page: Path) -> list[str]:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        path, _, anchor = target.partition("#")
        place = page.parent / path if path else page
        if re.match(r"[a-z]+:", target):
            continue
        if not place.exists():
            broken.append(target)
        elif anchor and place.suffix == ".md":
            headings = re.findall(r"^#{1,6} +(.+)$", prose(place), re.MULTILINE)
            broken += [target] if anchor not in map(slug, headings) else []
    return broken


def missing_files(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    named = [ROOT / path for path in PATH.findall(text)] + [ROOT / "app/tests" / path for path in TEST.findall(text)]
    return [str(path) for path in named if not path.exists()]


def long_sentences(page: Path) -> list[str]:
    return [one for one in sentences(page) if len(re.findall(r"[\w'’/-]+", one)) > LONGEST_SENTENCE]


def avoided_words(page: Path) -> list[str]:
    text = re.sub(r"`[^`]*`|\[[^\]]*\]\([^)]*\)", "", prose(page))
    return [match.group() for match in AVOIDED.finditer(text)]


@pytest.mark.parametrize("flaw", [broken_links, missing_files, long_sentences, avoided_words])
def test_no_page_has(flaw: Callable[[Path], list[str]]) -> None:
    found = {name(page): flaw(page) for page in pages()}
    assert {page: flaws for page, flaws in found.items() if flaws} == {}


def test_every_decision_has_a_number_of_its_own_and_four_parts() -> None:
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert len({page.name[:4] for page in decisions}) == len(decisions)
    for page in decisions:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.name[:4]} "), page.name
        parts = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert parts == ["Context", "Decision", "Rejected", "Consequences"], page.name


def test_the_index_links_every_page() -> None:
    index = ROOT / "docs/README.md"
    targets = re.findall(r"\]\(([^)]+)\)", index.read_text(encoding="utf-8"))
    linked = {(index.parent / target.partition("#")[0]).resolve() for target in targets}
    folders = ("tutorial", "how-to", "reference", "explanation")
    assert {page for folder in folders for page in (ROOT / "docs" / folder).glob("*.md")} - linked == set()
