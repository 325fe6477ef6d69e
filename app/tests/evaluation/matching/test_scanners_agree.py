"""The quick ways to match give what plain RE2, pattern by pattern, gives."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decalogo.evaluation.documents.model import PassageKind
from decalogo.evaluation.fold import fold
from decalogo.evaluation.languages import load_language
from decalogo.evaluation.matching import databases, scanners
from decalogo.evaluation.matching.databases import single_spaced, within_lines
from decalogo.evaluation.matching.engine import Engine
from decalogo.evaluation.matching.numbers import number_reader
from decalogo.evaluation.matching.patterns import Patterns
from decalogo.evaluation.matching.relevance import Focus
from decalogo.evaluation.matching.scanners import FastScanner, GatedScanner, PlainScanner
from decalogo.evaluation.matching.units import Unit
from decalogo.evaluation.matching.widths import known_widths, widths_of
from decalogo.evaluation.rubric import load_rubric
from decalogo.evaluation.rubric.load import available_rubrics
from decalogo.evaluation.warm import warm
from tests.evaluation.build import small_rubric

PLAN = Path(__file__).parents[2] / "data" / "florencia-2020-2023.pdf"


@pytest.fixture(scope="module")
def patterns() -> Patterns:
    return Patterns(load_rubric("decalogo").patterns)


@pytest.fixture(scope="module")
def fast(patterns: Patterns, tmp_path_factory: pytest.TempPathFactory) -> FastScanner:
    return FastScanner.of(patterns.patterns, tmp_path_factory.mktemp("patterns"))


def test_all_scanners_agree_on_pages_of_a_real_plan(patterns: Patterns, fast: FastScanner) -> None:
    from decalogo.evaluation.extract import extract

    plain, gated = PlainScanner(patterns), GatedScanner(patterns)
    pages = extract(PLAN).pages
    hits = 0
    for page in pages[20:36:2]:
        for line in fold(page.text).replace(b"\n", b" ").split(b". "):
            expected = plain.scan(line)
            hits += len(expected)
            assert gated.scan(line) == expected
            assert fast.scan(line) == expected
    assert hits > 500


TEXT = "mujeres ley 1448 de 2011 reducir la tasa en 10 % linea base juntas accion comunal para que no se cuenta con"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([*TEXT.split(), "victimas", "(", "-", "pbot", "niñez", "Á"]), max_size=25),
    st.sampled_from([" ", " ", "  "]),
)
def test_scanners_agree_on_any_words(patterns: Patterns, fast: FastScanner, words: list[str], gap: str) -> None:
    text = fold(gap.join(words))
    expected = PlainScanner(patterns).scan(text)
    assert GatedScanner(patterns).scan(text) == expected
    assert fast.scan(text) == expected
    for start in range(0, len(patterns.patterns), 100):
        ids = tuple(range(start, min(start + 100, len(patterns.patterns))))
        assert patterns.one_stands(ids, text) == any(i in ids for i in expected)


WORDS = [*TEXT.split(), "victimas", "(", "-", "pbot", "2020", "meta", "salud", "publica", "Á", ""]
LINES = st.lists(
    st.builds(
        lambda words, gap: fold(gap.join(words)), st.lists(st.sampled_from(WORDS), max_size=12), st.sampled_from(" , ")
    ),
    max_size=8,
)


def assert_agreed(patterns: Patterns, fast: FastScanner, texts: list[bytes]) -> None:
    """Hold a scan of many texts, and the spans that it spares, to RE2 text by text."""
    found = fast.scan_all(texts)
    assert list(found) == sorted(found)
    for index, text in enumerate(texts):
        hits = found.get(index, {})
        assert sorted(hits) == PlainScanner(patterns).scan(text)
        for hit, ends in hits.items():
            spans = patterns.spans(hit, text)
            assert patterns.spans(hit, text, ends) == spans
            told = {ends} if isinstance(ends, int) else set(ends)
            assert not ends or {end for _, end in spans} <= told


@settings(max_examples=30, deadline=None)
@given(LINES)
def test_many_texts_at_once_give_what_each_gives(patterns: Patterns, fast: FastScanner, texts: list[bytes]) -> None:
    assert_agreed(patterns, fast, texts)
    assert GatedScanner(patterns).scan_all(texts) == PlainScanner(patterns).scan_all(texts)


HARD = Patterns(
    (
        r"^(?:b)\b", r"b$", r"a[^b]b", r"a.b", r"a\sb", r"\b(?:a\W{1,3}b)", r"a\D?b", r"\Bb", r"[^a]{2}b",
        r"\b(?:a +b)\b", r"\b(?:a(?:b|aa)?)\b", r"(?:a|aa|ab)", r"\b(?:(?:a a)|a)\b", r"\b(?:b{2})",
        r"\b(?:a\S)", r"[ab] [ab]", r"a.{0,3}b", r"\b(?:a b(?: a b)?)\b", r"\b(?: a)", r"\b(?:a*b)",
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def hard() -> FastScanner:
    return FastScanner.of(HARD.patterns)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("aab  .", max_size=12).map(str.encode), max_size=6))
def test_no_pattern_matches_over_the_end_of_a_text(hard: FastScanner, texts: list[bytes]) -> None:
    assert_agreed(HARD, hard, texts)


def test_patterns_that_may_pass_the_end_of_a_line_are_told() -> None:
    assert within_lines({1: r"\b(?:a[^\]b]\s\d)$", 2: "[a-c ]"}) == {1: r"\b(?:a[^\n\]b][^\S\n]\d)$", 2: "[a-c ]"}
    for unsure in (r"\Aa", r"a\z", r"\x0aa", r"[\s]a", r"[\W]a", r"[[:^alpha:]]a", "(?s:a.)", "a\n", r"[^]]a", r"a\pN"):
        assert within_lines({1: unsure}) is None
    assert all(within_lines(dict(enumerate(load_rubric(name).patterns))) for name in available_rubrics())


def test_patterns_that_may_pass_the_end_of_a_line_are_scanned_text_by_text() -> None:
    few = Patterns((r"a[\s]?b", r"\Ab", r"\b(?:a)\b"))
    fast = FastScanner.of(few.patterns)
    texts = [b"a", b"b", b"", b"a b"]
    assert fast.scan_all(texts) == {0: {2: 0}, 1: {1: 0}, 3: {0: 0, 2: 0}}
    assert_agreed(few, fast, texts)


def test_more_texts_than_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanners, "_MOST_LINES", 2)
    few = (r"\b(?:meta)\b", r"\b(?:dos +metas)\b")
    texts = [b"meta", b"", b"dos  metas", b"una", b"dos metas, una meta, otra meta"]
    assert FastScanner.of(few).scan_all(texts) == {0: {0: 4}, 2: {1: 0}, 4: {0: (19, 30), 1: 9}}


@pytest.mark.parametrize(
    ("pattern", "widths"),
    [
        (r"\b(?:mujer(?:es)?)\b", {5, 7}),
        (r"\b(?:linea +(?:de +)?base)\b", {10, 13}),
        (r"^(?:[a-z ]\d{3})\b", {4}),
        (r"(?:a|bb|c{3})", {1, 2, 3}),
        (r"\b(?:meta\.)", {5}),
        (r"a +?b", ()),
        (r"a*b", ()),
        (r"a{1,2}", ()),
        (r"\x41", ()),
        (r"(?i:a)", ()),
        (r"(?:a(?:\pN)b)", ()),
        (r"a?b?c?" + "(?:defg)?(?:hijklmno)?", ()),
    ],
)
def test_how_long_matches_are(pattern: str, widths: set[int]) -> None:
    assert widths_of(pattern) == set(widths)


def test_only_bounds_of_words_are_taken_for_beginnings() -> None:
    assert known_widths(r"\b(?:mujer(?:es)?)\b") == (5, 7)
    assert known_widths(r"(?:mujer(?:es)?)\b") == known_widths(r"\b(?:a)|(?:bc)") == known_widths("(?:a?)") == ()


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
    unit.hits = FastScanner.of(terms.patterns).scan_all([text]).get(0, {})
    for exclude in (frozenset[int](), frozenset((2,))):
        focus = Focus({0: 1.0}, {0: frozenset(unit.hits) - {2}}, exclude, terms, frozenset())
        assert focus.is_near(unit, start, start + length, most) == (focus.distance(unit, start, start + length) <= most)


def test_a_kept_database_is_used_and_a_damaged_one_is_compiled_anew(tmp_path: Path) -> None:
    few = (r"\b(?:mujer(?:es)?)\b", r"^(?:meta)\b")
    FastScanner.of(few, tmp_path)
    kept = next(tmp_path.glob("*.hsdb"))
    good = kept.read_bytes()
    assert FastScanner.of(few, tmp_path).scan(b"meta: dos mujeres") == [0, 1]
    kept.write_bytes(good[: len(good) // 2])
    assert FastScanner.of(few, tmp_path).scan(b"meta: dos mujeres") == [0, 1]
    assert kept.read_bytes() == good
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]


def test_runs_of_spaces_are_told_from_what_looks_like_one() -> None:
    assert single_spaced({3: r"\b(?:linea +(?:de +)?base)\b"}) == {3: r"\b(?:linea (?:de )?base)\b"}
    assert single_spaced({0: r"a\[x +]b"}) == {0: r"a\[x ]b"}
    others = dict(enumerate((r"a[x +]b", r"a[^]( +]b", r"a\[ ++b", "a +?b", "a +{2}b", "a *b")))
    assert single_spaced(others) == others


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert FastScanner.of((r"\b(?:meta)\b",), blocked).scan(b"una meta") == [0]


def test_the_first_documents_of_a_process_compile_nothing() -> None:
    engine = Engine((r"\b(?:meta)\b",), [(0,)])
    scanners = [engine.scanners()[0] for _ in range(7)]
    assert isinstance(scanners[0], GatedScanner)
    assert isinstance(scanners[-1], FastScanner)
    assert scanners[0].scan(b"una meta") == scanners[-1].scan(b"una meta") == [0]


def test_no_document_waits_for_databases_and_the_next_process_finds_them(tmp_path: Path) -> None:
    few, stages = (r"\b(?:meta)\b", r"\b(?:dos)\b"), [(1,), (0,)]

    def kinds(engine: Engine) -> list[type]:
        return [type(scanner) for scanner in engine.scanners(tmp_path)]

    first = Engine(few, stages)
    assert kinds(first) == [GatedScanner, GatedScanner]
    assert not list(tmp_path.iterdir())
    FastScanner.of(few, tmp_path, stages[0])
    assert kinds(first) == [GatedScanner, GatedScanner]
    FastScanner.of(few, tmp_path, stages[1])
    assert kinds(first) == kinds(Engine(few, stages)) == [FastScanner, FastScanner]
    assert [scanner.scan(b"dos metas, una meta") for scanner in first.scanners(tmp_path)] == [[1], [0]]


def test_of_processes_that_start_together_one_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = {"kind": "checklist", "elements": [{"name": "one", "label": "uno", "find": [{"any": ["talleres?"]}]}]}
    rubric, cache, compile_one = small_rubric(tmp_path, rule), tmp_path / "cache", databases.compiled
    compiled: list[databases.Written] = []

    def slow(patterns: databases.Written, cache_dir: Path | None) -> object:
        compiled.append(patterns)
        time.sleep(0.2)
        return compile_one(patterns, cache_dir)

    monkeypatch.setattr(databases, "compiled", slow)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: warm(cache, rubric), range(3)))
    kept = list(cache.glob("*.hsdb"))
    assert len(compiled) == len(kept) == 3  # one of the terms has spaces, so they have two forms


def test_nothing_is_left_where_nothing_can_be(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    warm(blocked, load_rubric("decalogo"))
    assert blocked.read_text() == "not a folder"
