import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.evaluation.documents.sheets import cut_lines
from decalogo.evaluation.layout.hyphens import Vocabulary
from decalogo.evaluation.layout.normalise import is_usual, normalise

AWKWARD = st.text(
    alphabet=st.one_of(
        st.sampled_from("aeñA bz.-0 \t\r\n\x02\xad\xa0\u0301\u0303\ufb01\ufffe\u200b\uf0b7\x0c\x85\u2028\x00"),
        st.characters(),
    )
)


@given(AWKWARD)
def test_normalised_text_is_composed_and_free_of_control_characters(raw):
    text = normalise(raw).text
    assert unicodedata.is_normalized("NFC", text)
    assert not any(unicodedata.category(char) == "Cc" and char not in "\n\t" for char in text)
    assert not any(char in text for char in "\xa0\xad\u200b\ufb01\ufffe\r")


@given(AWKWARD)
def test_no_blank_stands_beside_a_line_break_or_at_an_end(raw):
    text = normalise(raw).text
    assert text == text.strip()
    assert "\n\n\n" not in text
    assert not any(pair in text for pair in ("  ", " \n", "\n ", "\t\n", "\n\t", " \t", "\t "))


@given(AWKWARD)
def test_normalising_twice_changes_nothing(raw):
    text = normalise(raw).text
    assert normalise(text).text == text


@given(AWKWARD)
def test_the_map_from_raw_offsets_rises_and_stays_inside(raw):
    normal = normalise(raw)
    places = [normal.at(offset) for offset in range(len(raw) + 1)]
    assert places == sorted(places)
    assert all(0 <= place <= len(normal.text) for place in places)
    assert places[-1] == len(normal.text)


def test_usual_characters_never_compose_whatever_stands_beside_them():
    """Every pair that Unicode composes has a character in it that makes the text unusual."""
    usual = {chr(code) for code in range(0x110000) if is_usual(chr(code))}
    assert {*"aeñÑ 9\n\t\r“”–•\xad"} <= usual
    assert not {*"\x00\x7f\u0301\u200b\ufeff"} & usual
    assert all(unicodedata.is_normalized("NFC", char) for char in usual)
    for code in range(0x110000):
        decomposed = unicodedata.normalize("NFD", chr(code))
        assert len(decomposed) == 1 or not usual.issuperset(decomposed)


@given(AWKWARD)
def test_lines_that_are_said_to_be_kept_are(raw):
    normal = normalise(raw)
    if normal.lines_kept:
        starts, offset = [], 0
        for line in raw.split("\r\n"):
            if line.strip():
                starts.append(offset + len(line) - len(line.lstrip()))
            offset += len(line) + 2
        lines = cut_lines(normal.text)
        assert len(lines) >= len(starts)
        if len(lines) == len(starts):
            assert [normal.at(start) for start in starts] == [line.start for line in lines]


def test_the_map_finds_words_after_every_kind_of_change():
    raw = "  La\xa0aﬁliacio\u0301n  planifi\ufffecada\r\n \r\nde   salud\u200b pública"
    normal = normalise(raw)
    for word in ("La", "planifi", "de", "salud", "pública"):
        assert normal.text[normal.at(raw.index(word)) :].startswith(word)


def test_words_are_the_same_looked_up_and_read():
    text = "la planificación, la salud\r\nde la planifi-\r\ncación (salud) y la gestión. La de\r\n" * 2
    words = [
        "la",
        "planificación",
        "salud",
        "de",
        "planifi",
        "cación",
        "gestión",
        "lud",
        *(f"otra{i}" for i in range(40)),
    ]
    one_by_one = {word for word in words if word in Vocabulary([text])}
    asked = Vocabulary([text])
    read = {word for word in [*reversed(words)] if word in asked}
    assert one_by_one == read == {"la", "planificación", "salud", "de", "gestión"}
    assert "la" not in Vocabulary(["la salud de la gente"])


def test_accents_are_composed_and_ligatures_expanded():
    assert normalise("Gestio\u0301n eﬁcaz y diﬀerente").text == "Gestión eficaz y differente"


@pytest.mark.parametrize("mark", ["-\r\n", "\x02", "\ufffe", "\xad", "- \n"])
def test_a_word_broken_at_a_line_end_is_mended(mark):
    raw = f"la planifi{mark}cación municipal"
    assert normalise(raw, Vocabulary([raw])).text == "la planificación municipal"


def test_a_hyphen_between_two_words_of_the_document_stays():
    raw = "alianza público-\nprivada; lo público y la empresa privada"
    assert normalise(raw, Vocabulary([raw])).text.startswith("alianza público-privada;")


def test_a_hyphen_before_a_capital_stays():
    assert normalise("Florencia-\nCaquetá").text == "Florencia-Caquetá"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("la zona A-\nB del plan", "la zona A-B del plan"),
        ("la ONU-\nMujeres", "la ONU-Mujeres"),
        ("la SDS-\nregional", "la SDS-regional"),
        ("el Plan -PDM-\ndefine", "el Plan -PDM- define"),
        ("PLANIFI-\nCACIÓN", "PLANIFICACIÓN"),
        ("lo público y las privadas: plan público-\nprivado", "lo público y las privadas: plan público-privado"),
        ("técnico-\ncientífica; lo técnico-científica", "técnico-científica; lo técnico-científica"),
    ],
)
def test_a_dash_at_a_line_end_that_breaks_no_word_stays(raw, text):
    assert normalise(raw, Vocabulary([raw])).text == text


def test_a_hyphen_between_numbers_is_no_broken_word():
    assert normalise("2020-\n2023").text == "2020-\n2023"


def test_a_wide_gap_becomes_a_tab_and_a_double_space_one_space():
    assert normalise("Meta    100 %  total").text == "Meta\t100 % total"


def test_a_symbol_font_bullet_becomes_a_bullet():
    assert normalise("\uf0b7 Primera acción").text == "• Primera acción"
