"""The quick ways to match give what plain RE2, pattern by pattern, gives."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decalogo.evaluation.fold import fold
from decalogo.evaluation.matching import databases
from decalogo.evaluation.matching.databases import single_spaced
from decalogo.evaluation.matching.engine import Engine, FastScanner, GatedScanner, Patterns, PlainScanner
from decalogo.evaluation.rubric import load_rubric
from decalogo.evaluation.warm import warm
from tests.evaluation.build import small_rubric

PLAN = Path(__file__).parents[1] / "data" / "florencia-2020-2023.pdf"


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
