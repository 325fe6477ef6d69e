"""Paragraphs by C are those by Python, to the bit, whatever stands on a page."""

from itertools import pairwise
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decalogo.evaluation.extract import native, nativelines
from decalogo.evaluation.extract.headings import heading_rank, is_capitals
from decalogo.evaluation.extract.layout import Box, Line, Sheet, cut_lines
from decalogo.evaluation.extract.paragraphs import find_blocks
from decalogo.evaluation.extract.words import words_of
from decalogo.evaluation.languages import DEFAULT, load_language

WORDS = words_of(load_language(DEFAULT))
PIECES = (
    *"aeoixvzEÑñáÁ0159²٣²ǅªßİı.,:;!?\"'”’»)(/-–—%•●*»· \t\x00\x0b\x85\xa0\u2028\u2800K",
    *(
        " ",
        "  ",
        " de",
        ",",
        "? ",
        "o A",
        "1. ",
        "12) ",
        "3.-",
        "a) ",
        "B. ",
        "iv. ",
        "xxxxxx.",
        "2.1 ",
        ": ",
        ".”",
        "!)",
    ),
    *("Meta", "INDICADOR", "línea base", "Año", "2020 ", "2021/2022 ", "Total", "Programa ", "12,5 % ", "- ", "100 "),
    *(
        "ARTÍCULO 3",
        "Eje 2. ",
        "Capítulo II",
        "La mujer y ",
        "los derechos",
        "EDUCACIÓN Y SALUD",
        "sin",
        "ACNUR",
        "meKa",
    ),
    *("municipio fortalecerá la ruta de atención", "PLAN DE DESARROLLO MUNICIPAL "),
)
LINE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=9).map("".join)
ODD_LINE = st.text(
    alphabet=st.characters(exclude_characters="\n", exclude_categories=(), max_codepoint=0x2900),
    min_size=1,
    max_size=60,
)
PLACE = st.sampled_from([0.0, -0.0, 12.0, 24.5, 36.0, 300.0, 490.25, 500.0, nan, inf, -inf]) | st.floats()
BOX = st.builds(Box, *(4 * [PLACE]))
SIZE = st.sampled_from([0.0, 8.0, 9.96, 12.0, 12.0, 14.0]) | st.floats()


pytestmark = pytest.mark.usefixtures("built_reader")


@st.composite
def sheets(draw, line=LINE):
    text = "".join(part + draw(st.sampled_from(["\n", "\n", "\n\n"])) for part in draw(st.lists(line, max_size=14)))
    lines = cut_lines(text)
    steady, placed = draw(st.booleans()), draw(st.booleans())
    for index, one in enumerate(lines):
        if steady:
            one.box = Box(72.0, 12.0 * index, draw(st.sampled_from([540.0, 500.0, 200.0])), 12.0 * index + 10)
            one.size = draw(st.sampled_from([10.0, 10.0, 10.0, 14.0]))
        elif placed or draw(st.booleans()):
            one.box, one.size = draw(BOX), draw(SIZE)
        one.bold, one.rank = draw(st.booleans()), draw(st.sampled_from([0, 0, 0, 0, 0, 2]))
    return Sheet(1, text, lines)


def assert_same(sheet, skip, body):
    found, expected = nativelines.find_blocks(sheet, skip, WORDS, body), find_blocks(sheet, skip, WORDS)
    if found is None:
        assert any(char in "İ" or "\u04ff" < char < "\u2000" or char > "\u27ff" for char in sheet.text)
        return
    assert [(b.first, b.last, b.row, b.listed) for b in found] == [(b.first, b.last, b.row, b.listed) for b in expected]
    for block in found:
        whole, lines = sheet.lines[block.first], sheet.lines[block.first : block.last + 1]
        if len(lines) > 1:
            text = sheet.text[whole.start : lines[-1].end].replace("\n", " ")
            bold = all(line.bold for line in lines)
            whole = Line(whole.start, lines[-1].end, text, None, whole.size, bold, rank=whole.rank)
        named = WORDS.keyword.match(whole.text.lstrip())
        assert not ((block.plain or (block.named and not named)) and heading_rank(whole, body, WORDS)), block
        assert block.plain or whole.rank or block.capitals == is_capitals(whole.text.strip())


@settings(max_examples=500)
@given(sheets(), st.sets(st.integers(0, 13)), st.sampled_from([0.0, 10.0, 12.0, nan]))
def test_blocks_are_the_same(sheet, skip, body):
    assert_same(sheet, {index for index in skip if index < len(sheet.lines)}, body)


@settings(max_examples=200)
@given(sheets(ODD_LINE), st.just(10.0))
def test_of_any_characters_too(sheet, body):
    assert_same(sheet, set(), body)


@pytest.mark.parametrize("head", [*PIECES, *(chr(code) for code in (0x2022, 0x2756, 0x27A2, 0x661, 0x1C5))])
def test_every_beginning_and_end_of_a_line(head):
    lines = [
        f"{head}{tail}" for tail in ("", " ", ".", ") ", ". A", " A b", "- x", " meta y la ", "”", "1 2 3 4 % casa")
    ]
    for first, second in pairwise([*lines, *(line[::-1] for line in lines), *lines]):
        assert_same(Sheet(1, text := f"{first}\n{second}", cut_lines(text)), set(), 10.0)


def test_what_is_said_of_a_character_is_what_str_says():
    for code, traits in enumerate(nativelines.traits()):
        char = chr(code)
        if 0x500 <= code < 0x2000:
            assert traits == 128
            continue
        said = char.isspace(), char.isalpha(), char.isupper(), char.islower()
        assert said == tuple(bool(traits & 1 << bit) for bit in range(4))
        assert f"{char}A".isupper() != bool(traits & (8 | 16))
        assert (char.isdecimal(), char.isdigit()) == (bool(traits & 32), bool(traits & 64))
        assert (len(char.lower()) > 1) == bool(traits & 128)


def test_without_the_library_it_says_so(monkeypatch):
    monkeypatch.setattr(native, "library", lambda: None)
    assert nativelines.find_blocks(Sheet(1, "Una línea", cut_lines("Una línea")), set(), WORDS, 0.0) is None
