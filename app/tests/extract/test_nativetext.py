"""Sheets by C are those by Python, to the bit, whatever stands on a page."""

from math import nan
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decalogo.evaluation.extract import native, nativelines, nativetext, pdfpage
from decalogo.evaluation.extract.layout import Box, Sheet
from decalogo.evaluation.extract.normalise import normalise
from decalogo.evaluation.extract.pdfpage import RawPage
from decalogo.evaluation.extract.textpage import RawLine

REAL_PLAN = Path(__file__).parents[1] / "data" / "florencia-2020-2023.pdf"
PIECES = ["\r\n", "\r\n", " \r\n", "\r\n \r\n", "\r\n\r\n", " ", "-", "‐", "a", "Ñandú", "1", "•", "de la", "x.", "–"]
AWKWARD = [
    "\r",
    "\n",
    "\t",
    "  ",
    "\xa0",
    "\xad",
    "\x02",
    "\ufffe",
    "\uf0b7",
    "ﬁ",
    "e\u0301",
    "\x00",
    "\ud800",
    "\U0001f600",
]
ORDINARY = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
ODD = st.lists(st.sampled_from(PIECES + AWKWARD) | st.text(max_size=3), max_size=20).map("".join)


pytestmark = pytest.mark.usefixtures("built_reader")


def page_of(text, chance):
    """Return a page as the C reader leaves it: some lines have no place."""
    page, records, at = RawPage(7, text, 800.0), [], 0
    for part in text.split("\r\n"):
        body = part.strip()
        if body and chance.random() < 0.9:
            start = at + part.index(body[0])
            box = Box(*(chance.choice((nan, -0.0, 72.0, 540.5)) for _ in range(4)))
            line = RawLine(start, start + len(body), box, chance.choice((0.0, 11.04)), chance.random() < 0.3, True)
            page.lines.append(line)
            records.append(native.LINE.pack(line.start, line.end, *box, 1.0, 0.5, line.size, line.bold, True))
        at += len(part) + 2
    page.records = b"".join(records)
    return page


def by_python(page):
    normal = normalise(page.text)
    return Sheet(page.number, normal.text, page.place(normal), page.height, page.grids)


def assert_same(page):
    found, expected = nativetext.read_sheet(page), by_python(page)
    if found is not None:
        assert repr(found) == repr(expected)
        assert found.folded == expected.folded
        packed, count = found.packed, len(found.lines)
        packed.starts, packed.ends, packed.boxes = packed.starts[:count], packed.ends[:count], packed.boxes[: 4 * count]
        assert repr(packed) == repr(nativelines._pack(expected))
    return found


@settings(max_examples=500)
@given(ORDINARY, st.randoms(use_true_random=False))
def test_ordinary_pages_are_the_same(text, chance):
    assert_same(page_of(text, chance))


@settings(max_examples=500)
@given(ODD, st.randoms(use_true_random=False))
def test_odd_pages_are_the_same_or_left_to_python(text, chance):
    found = assert_same(page_of(text, chance))
    assert found is None or not any(mark in text for mark in ("\t", "\xa0", "\xad", "\ufffe", "\U0001f600"))


@given(st.binary(max_size=300), st.randoms(use_true_random=False))
def test_records_that_do_not_fit_the_text_are_left_to_python(records, chance):
    page = page_of("una\r\ndos\r\ntres", chance)
    page.records = records[: native.LINE.size * len(page.lines)].ljust(native.LINE.size * len(page.lines), b"\1")
    nativetext.read_sheet(page)


@pytest.mark.parametrize(
    "text", ["", " ", "Una línea", " Una \r\nlínea ", "a\r\n \r\nb", "a-\r\n1", "a\r\n\r\nb \r\nc", "x " * 5000 + "y"]
)
def test_these_are_ordinary(text):
    page = page_of(text, type("Sure", (), {"random": lambda _: 0.5, "choice": lambda _, of: of[-1]})())
    assert assert_same(page) is not None


@pytest.mark.parametrize(
    "text", ["a-\r\nb", "a\r\n", "\r\na", "a  b", "a\nb", "a\r\n\r\n\r\nb", "a\tb", "\xa0", "a\r\n b"]
)
def test_these_are_not(text):
    page = page_of(text, type("Sure", (), {"random": lambda _: 0.5, "choice": lambda _, of: of[-1]})())
    assert assert_same(page) is None


def test_what_is_said_of_each_character():
    kinds, folds = nativetext._tables()
    assert len(kinds) == len(folds) == nativelines.CHARACTERS
    assert folds == b"".join(Sheet(1, chr(code), []).folded for code in range(nativelines.CHARACTERS))
    for code, kind in enumerate(kinds):
        char = chr(code)
        assert bool(kind & 2) == char.isalpha() or (not kind and 0x500 <= code < 0x2000)
        if kind & 1 and char not in " -‐":
            for text in (f"a{char}b", f"a\n{char}b", f"a{char}\nb", char):
                assert normalise(text).text == text


def test_most_pages_of_a_real_plan_are_ordinary():
    with pypdfium2.PdfDocument(REAL_PLAN) as document:
        pages = [pdfpage.read_page(document, index) for index in range(len(document))]
    for page in pages:
        page.grids = []
    assert sum(assert_same(page) is not None for page in pages) > 0.8 * len(pages)


def test_without_the_library_it_says_so(monkeypatch):
    monkeypatch.setattr(native, "library", lambda: None)
    assert nativetext.read_sheet(RawPage(1)) is None
