"""One pass for all patterns gives what a search per pattern gives."""

from __future__ import annotations

import multiprocessing
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decalogo.evaluation import evaluate
from decalogo.evaluation.documents.model import PassageKind
from decalogo.evaluation.extract import extract
from decalogo.evaluation.fold import fold
from decalogo.evaluation.languages import load_language
from decalogo.evaluation.matching import scanner
from decalogo.evaluation.matching.numbers import number_reader
from decalogo.evaluation.matching.patterns import Patterns
from decalogo.evaluation.matching.relevance import Focus
from decalogo.evaluation.matching.scanner import Scanner
from decalogo.evaluation.matching.units import Unit
from decalogo.evaluation.pipeline import warm
from decalogo.evaluation.rubric import load_rubric

PLAN = Path(__file__).parents[2] / "data" / "florencia-2020-2023.pdf"
TEXT = "mujeres ley 1448 de 2011 reducir la tasa en 10 % linea base juntas accion comunal para que no se cuenta con"


@pytest.fixture(scope="module")
def patterns() -> Patterns:
    return Patterns(load_rubric("decalogo").patterns)


@pytest.fixture(scope="module")
def whole(patterns: Patterns) -> Scanner:
    return Scanner(patterns)


def one_by_one(patterns: Patterns, text: bytes) -> set[int]:
    return {number for number in range(len(patterns.patterns)) if patterns.stands(number, text)}


def lines_of_the_plan() -> list[bytes]:
    pages = extract(PLAN).pages[20:36:2]
    return [line for page in pages for line in fold(page.text).replace(b"\n", b" ").split(b". ")]


def test_hits_on_pages_of_a_real_plan_are_those_of_single_searches(patterns: Patterns, whole: Scanner) -> None:
    texts = lines_of_the_plan()
    expected = {at: hits for at, text in enumerate(texts) if (hits := one_by_one(patterns, text))}
    assert sum(map(len, expected.values())) > 500
    found = whole.scan_all(texts)
    assert found == expected
    assert list(found) == sorted(found)


def test_a_scanner_of_some_patterns_reports_only_those(patterns: Patterns) -> None:
    texts, ids = lines_of_the_plan()[:40], range(0, len(patterns.patterns), 3)
    found = Scanner(patterns, ids).scan_all(texts)
    for position, text in enumerate(texts):
        assert found.get(position, set()) == one_by_one(patterns, text) & {*ids}


WORDS = [*TEXT.split(), "victimas", "(", "-", "pbot", "2020", "meta", "salud", "publica", "niñez", "Á", ""]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25), st.sampled_from([" ", " , ", "  ", "\n"]))
def test_hits_in_any_words_are_those_of_single_searches(
    patterns: Patterns, whole: Scanner, words: list[str], gap: str
) -> None:
    text = fold(gap.join(words))
    expected = one_by_one(patterns, text)
    assert whole.scan(text) == expected
    for start in range(0, len(patterns.patterns), 100):
        ids = tuple(range(start, min(start + 100, len(patterns.patterns))))
        assert patterns.one_stands(ids, text) == bool(expected.intersection(ids))


@pytest.mark.parametrize("seed", range(20))
def test_hits_in_random_pieces_of_the_patterns_are_those_of_single_searches(
    patterns: Patterns, whole: Scanner, seed: int
) -> None:
    chance = random.Random(seed)
    text = ""
    for _ in range(40):
        piece = chance.choice(patterns.patterns)
        start = chance.randrange(len(piece))
        text += piece[start : start + chance.randrange(1, 30)] + chance.choice(["", " ", "  ", " de ", "\x00", "\n"])
    assert whole.scan(text.encode()) == one_by_one(patterns, text.encode())


HARD = Patterns(
    (
        r"^(?:b)\b", r"b$", r"a[^b]b", r"a.b", r"a\sb", r"\b(?:a\W{1,3}b)", r"a\D?b", r"\Bb", r"[^a]{2}b",
        r"\b(?:a +b)\b", r"\b(?:a(?:b|aa)?)\b", r"(?:a|aa|ab)", r"\b(?:(?:a a)|a)\b", r"\b(?:b{2})",
        r"\b(?:a\S)", r"[ab] [ab]", r"a.{0,3}b", r"\b(?:a b(?: a b)?)\b", r"\b(?: a)", r"\b(?:a*b)",
        r"(?: +[ab]+){0,3} b",
    )
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("aab  .\n", max_size=12).map(str.encode), max_size=6))
def test_bounds_gaps_and_counted_groups_match_as_in_single_searches(texts: list[bytes]) -> None:
    found = Scanner(HARD).scan_all(texts)
    for position, text in enumerate(texts):
        assert found.get(position, set()) == one_by_one(HARD, text)


def test_an_answer_without_the_sentinel_is_replaced_by_single_searches(
    patterns: Patterns, monkeypatch: pytest.MonkeyPatch
) -> None:
    # RE2 answers so when an automaton runs out of memory (google/re2#136).
    failing, texts = Scanner(patterns), lines_of_the_plan()[:20]
    for one in failing._sets:
        monkeypatch.setattr(one, "_match", lambda _text: [])
    assert failing.scan_all(texts) == Scanner(patterns).scan_all(texts) != {}


def test_a_set_that_does_not_compile_is_replaced_by_single_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "_BYTES", 1000)
    few = Patterns((r"\b(?:meta)\b", r"\b(?:dos +metas)\b"))
    assert Scanner(few).scan_all([b"una meta", b"", b"dos  metas"]) == {0: {0}, 2: {1}}


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(["salud", "salud publica", "familias", "de", "nina", "plan"]), min_size=1, max_size=9),
    st.integers(0, 60),
    st.integers(1, 20),
    st.integers(0, 50),
)
def test_near_is_what_the_distance_says(words: list[str], start: int, length: int, most: int) -> None:
    terms = Patterns((r"\b(?:salud(?: +publica)?)\b", r"\b(?:nin[oa]s?)\b", r"\b(?:plan de)\b"))
    text = " ".join(words).encode()
    unit = Unit(0, 1, 0, len(text), PassageKind.PROSE, text, 0, (), number_reader(load_language("es")))
    unit.hits = Scanner(terms).scan(text)
    for exclude in (frozenset[int](), frozenset((2,))):
        focus = Focus({0: 1.0}, {0: unit.hits - {2}}, exclude, terms, frozenset())
        assert focus.is_near(unit, start, start + length, most) == (focus.distance(unit, start, start + length) <= most)


def _evaluate_plan(_: int) -> bytes:
    return evaluate(PLAN, load_rubric("decalogo")).to_json()


def test_processes_forked_from_a_warm_one_give_its_results() -> None:
    warm(load_rubric("decalogo"))
    with multiprocessing.get_context("fork").Pool(2) as pool:
        results = pool.map(_evaluate_plan, range(4), chunksize=1)
    assert {*results} == {_evaluate_plan(0)}
