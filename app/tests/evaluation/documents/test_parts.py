"""A document read in parts is the document read as a whole, however it is cut and whatever part is lost."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decalogo.errors import DocumentError
from decalogo.evaluation.documents.model import OcrOptions, SplitSizes
from decalogo.evaluation.documents.parts import READ, Known, Part, Parts, SplitError, cut
from decalogo.evaluation.documents.reading import Limits
from decalogo.evaluation.evaluators import PatternEvaluator
from decalogo.evaluation.extract import extract
from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.pdf import reader
from decalogo.evaluation.pdf.reader import read_part
from decalogo.evaluation.rubric import load_rubric
from tests.conftest import DATA
from tests.evaluation.pdf.pdfs import heading, lines_pdf, paragraph, plan_pdf, ruled_table
from tests.evaluation.pdf.test_ocr import LINES, scanned

PLAN = DATA / "florencia-2020-2023.pdf"
RUBRIC = load_rubric("decalogo")
NEVER = OcrOptions(mode="never")
WORDS = (
    *("la", "tasa", "de", "homi-", "cidio", "plan", "público-", "privada", "mujeres", "víctimas", "120", "casos"),
    *("Meta", "2024", "fi", "ﬁn", "a\u0301", "😀", "•", "1."),
)


@cache
def whole(content: bytes | Path) -> bytes:
    return PatternEvaluator().evaluate(content, RUBRIC, EvaluateOptions(ocr=NEVER)).to_json()


def in_parts(content: bytes | Path, runs: Sequence[Sequence[int]]) -> bytes:
    """Return the result from parts that were read apart and carried as bytes; some pages may be in none."""
    evaluator, options = PatternEvaluator(), EvaluateOptions(ocr=NEVER)
    brought = [evaluator.read_part(content, Part(READ, tuple(pages)).to_json(), options) for pages in runs if pages]
    return evaluator.evaluate_parts(content, RUBRIC, options, brought=brought, sizes=SplitSizes()).to_json()


def runs(pages: int, borders: Sequence[int]) -> list[range]:
    edges = [0, *sorted(borders), pages]
    return [range(a + 1, b + 1) for a, b in pairwise(edges)]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(borders=st.lists(st.integers(0, 116), max_size=6), lost=st.integers(0, 8), order=st.randoms())
def test_a_real_plan_is_judged_the_same_wherever_it_is_cut(borders: list[int], lost: int, order: Random) -> None:
    parts = [part for number, part in enumerate(runs(116, borders)) if number != lost]
    order.shuffle(parts)
    assert in_parts(PLAN, parts) == whole(PLAN)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """PDFs with broken words, headers, page numbers, tables over pages, and pages without text."""
    random = Random(draw(st.integers(0, 999)))

    def text(most: int) -> str:
        return " ".join(random.choice(WORDS) for _ in range(random.randrange(1, most)))

    if draw(st.booleans()):
        return lines_pdf([[text(12) for _ in range(random.randrange(30))] for _ in range(random.randrange(2, 9))])
    flow: list[object] = [heading("DIAGNÓSTICO"), paragraph("La tasa de homicidio fue de 30 casos en 2019.")]
    for _ in range(random.randrange(1, 8)):
        flow += [heading(text(4)), *(paragraph(text(150)) for _ in range(random.randrange(4)))]
        rows = [["Programa", "Meta", "Valor"], *([text(6), text(3), "12"] for _ in range(random.randrange(1, 60)))]
        flow.append(ruled_table(rows, [200, 120, 60]))
    return plan_pdf(flow, header=text(5), footer="Plan de desarrollo", numbered=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(content=documents(), data=st.data())
def test_a_generated_document_is_judged_the_same_wherever_it_is_cut(content: bytes, data: st.DataObject) -> None:
    try:
        expected = whole(content)
    except DocumentError as error:
        with pytest.raises(type(error), match=r"."):
            in_parts(content, [])
        return
    pages = len(extract(content, ocr=NEVER).pages)
    borders = data.draw(st.lists(st.integers(0, pages), max_size=4))
    assert in_parts(content, runs(pages, borders)) == expected


def test_pages_are_carried_exactly() -> None:
    pages = tuple(range(1, 117))
    known = read_part(PLAN, Part(READ, pages), Limits())
    assert len(known.read) == 116
    assert Known.decode(known.encode()) == known
    odd = Known.decode(known.encode())
    odd.read[1].text = "\ud83d\ude00 \ud800 \ufffe"  # two halves that are one character, and one that is none
    odd.read[1].height = float("inf")
    assert Known.decode(odd.encode()) == odd


@pytest.mark.parametrize("damage", [b"", b"x", "cut", "flip"])
def test_damaged_pages_are_read_again(damage: bytes | str) -> None:
    content = lines_pdf([["La tasa de homicidio fue de 30 casos en 2019."]] * 3)
    good = read_part(content, Part(READ, (1, 2)), Limits()).encode()
    bad = {"cut": good[:-20], "flip": bytes([good[0] ^ 1]) + good[1:]}.get(damage, damage)  # type: ignore[arg-type]
    evaluator = PatternEvaluator()
    judged = evaluator.evaluate_parts(
        content,
        RUBRIC,
        EvaluateOptions(),
        brought=[bad, good],
        sizes=SplitSizes(),  # type: ignore[list-item]
    )
    assert judged.to_json() == evaluator.evaluate(content, RUBRIC).to_json()


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(({}, {})),
        b"[[],[]",
        b"[[[1,[1]]],[]]",
        b'[[["1",[1,"",0,[],[],false,"",""]]],[]]',
        b'[[[1,[1,"",0,[],[],0,"",""]]],[]]',
        b'[[[1,[1,"",0,[[0,1,[0,0,1],9,false,true]],[],false,"",""]]],[]]',
        b'[[[1,[1,"",0,[],[[[0,0,1,1],[0,1],[0,1],[],[[7]],0]],false,"",""]]],[]]',
        b"[[],[[1,[[[5,[0,0,1,1]]],0,0]]]]",
        b"[" * 100_000,
    ],
)
def test_bytes_that_are_no_pages_become_none(content: bytes) -> None:
    mark = Known().encode()[:32]
    with pytest.raises(ValueError, match="damaged pages"):
        Known.decode(mark + content)


def test_a_document_of_many_pages_asks_for_parts_that_cover_it_once() -> None:
    content = lines_pdf([["La tasa de homicidio fue de 30 casos en 2019."]] * 11)
    with pytest.raises(SplitError) as asked:
        extract(content, parts=Parts(sizes=SplitSizes(read_above=10, read=4)))
    parts = [Part.from_json(text) for text in asked.value.parts]
    assert [page for part in parts for page in part.pages] == list(range(1, 12))
    assert [len(part.pages) for part in parts] == [3, 4, 4]
    assert not asked.value.heavy
    brought = Known.join(read_part(content, part, Limits()) for part in parts)
    assert extract(content, parts=Parts(brought, SplitSizes(read_above=10, read=4))) == extract(content)
    assert extract(content, parts=Parts(sizes=SplitSizes(read_above=11))) == extract(content)


@given(st.integers(1, 3000), st.integers(1, 400))
def test_a_cut_is_even_and_complete(pages: int, size: int) -> None:
    pieces = cut(range(1, pages + 1), size)
    assert [page for piece in pieces for page in piece] == list(range(1, pages + 1))
    assert max(map(len, pieces)) <= size
    assert max(map(len, pieces)) - min(map(len, pieces)) <= 1


def test_a_part_that_runs_out_of_time_is_completed_by_whoever_puts_it_together() -> None:
    content = lines_pdf([[f"La tasa de homicidio fue de {n} casos en 2019."] for n in range(6)])
    part = read_part(content, Part(READ, (1, 2, 3, 4, 5, 6)), Limits(stop=lambda: True))
    assert list(part.read) == [1]
    assert extract(content, parts=Parts(part)) == extract(content)


def test_text_without_end_is_refused_the_same_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_CHARACTERS", 300)
    content = lines_pdf([["La tasa de homicidio fue de 30 casos en 2019."] * 3] * 6)
    with pytest.raises(DocumentError) as alone:
        extract(content)
    brought = Known.join(read_part(content, Part(READ, pages), Limits()) for pages in ((1, 2), (3, 4, 5, 6)))
    with pytest.raises(DocumentError) as together:
        extract(content, parts=Parts(brought))
    assert str(together.value) == str(alone.value)


@pytest.mark.usefixtures("tesseract")
def test_a_scan_is_recognised_in_parts_and_comes_out_the_same() -> None:
    content = scanned([LINES, None, LINES, LINES[:2], LINES[1:]], readable="La tasa de homicidio fue de 30 en 2019.")
    ocr = OcrOptions(max_pages=4, document_seconds=400)
    options = EvaluateOptions(ocr=ocr)
    with pytest.raises(SplitError) as asked:
        extract(content, ocr=ocr, parts=Parts(sizes=SplitSizes(recognise=3)))
    assert asked.value.heavy
    parts = [Part.from_json(text) for text in asked.value.parts]
    assert [part.pages for part in parts] == [(2, 3), (4, 5)]
    assert [part.seconds for part in parts] == [200, 200]
    evaluator = PatternEvaluator()
    expected = evaluator.evaluate(content, RUBRIC, options).to_json()
    brought = [evaluator.read_part(content, text, options) for text in asked.value.parts]
    for some in ([asked.value.known, *brought], brought, [asked.value.known, brought[1]]):
        judged = evaluator.evaluate_parts(content, RUBRIC, options, brought=some, sizes=SplitSizes())
        assert judged.to_json() == expected


@pytest.mark.usefixtures("tesseract")
def test_a_scans_budget_ends_its_recognition_and_is_told() -> None:
    document = extract(scanned([LINES, LINES], readable="Con texto."), ocr=OcrOptions(document_seconds=0))
    assert [(flag.code, flag.pages) for flag in document.flags] == [("pages-without-text", (2, 3))]
    assert "took too long on 2 of them" in document.flags[0].detail
