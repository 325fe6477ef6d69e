# ruff: noqa: E501 - markup is easier to read on one line
"""RTF: charsets, hidden and deleted text, notes, merged cells, text boxes and page breaks."""

import pytest

from decalogo.evaluation.extract import extract
from tests.evaluation.formats.files import cells, codes, pages


def rtf(body: str, head: str = r"\ansi\ansicpg1252", fonts: str = r"{\f0 Arial;}") -> bytes:
    return ("{\\rtf1" + head + r"\deff0{\fonttbl" + fonts + "}" + body + "}").encode("cp1252")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (r"\pca", r"Educaci\'a2n y ni\'a4ez"),
        (r"\pc", r"Educaci\'a2n y ni\'a4ez"),
        (r"\mac", r"Educaci\'97n y ni\'96ez"),
        (r"\ansi\ansicpg850", r"Educaci\'a2n y ni\'a4ez"),
        (r"\ansi\ansicpg65001", r"Educaci\'c3\'b3n y ni\'c3\'b1ez"),
        (r"\ansi", r"Educaci\'f3n y ni\'f1ez"),
        (r"\ansi", r"Educaci\u243?n y ni\u241?ez"),
    ],
)
def test_text_is_read_in_the_charset_of_the_file(head, body):
    assert pages(extract(rtf(rf"\pard {body}\par", head))) == ["Educación y niñez"]


@pytest.mark.parametrize(
    ("charset", "code", "char"), [(238, "b3", "ł"), (204, "e6", "ж"), (161, "e1", "α"), (128, r"93\'fa", "日")]
)
def test_a_font_has_a_charset_of_its_own(charset, code, char):
    body = rf"\pard a\f1 \'{code}\f0 \'f3\par"
    assert pages(extract(rtf(body, fonts=rf"{{\f0 Arial;}}{{\f1\fcharset{charset} Arial;}}"))) == [f"a{char}ó"]


@pytest.mark.parametrize(
    "hidden",
    [
        r"{\v oculto}",
        r"\v oculto\v0 ",
        r"{\deleted borrado}",
        r"{\*\annotation comentario}",
        r"{\v\b oculto\par otro}",
        r"{\xe entrada}",
    ],
)
def test_hidden_and_deleted_text_is_not_read(hidden):
    assert pages(extract(rtf(rf"\pard Uno {hidden} dos.\par"))) == ["Uno dos."]


def test_text_after_plain_is_shown_again():
    assert pages(extract(rtf(r"\pard\v oculto\plain  visible\par"))) == ["visible"]


@pytest.mark.parametrize("mark", [r"{\super 7}", r"\super 7\nosupersub ", r"{\up6\fs16 7}", r"{\super{\b 7}}"])
def test_raised_marks_are_apart_from_numbers(mark):
    assert pages(extract(rtf(rf"\pard Lleg\'f3 a 4.512{mark} personas.\par"))) == ["Llegó a 4.512 [7] personas."]


def test_notes_go_to_the_end_of_their_page():
    note = r"{\super\chftn}{\footnote\pard\plain {\super\chftn} Registro.}"
    end = r"{\super\chftn}{\footnote\ftnalt\pard\plain {\super\chftn} DANE.}"
    body = rf"\pard Hubo 4.512{note} casos{end}.\par Sigue.\par\page Otra.\par"
    assert pages(extract(rtf(body))) == ["Hubo 4.512 [1] casos [2].\nSigue.\n[1] Registro.", "Otra.\n[2] DANE."]


def test_a_note_with_a_sign_of_its_own_keeps_it():
    body = r"\pard Hubo casos{\super *}{\footnote\pard {\super *} Registro.}.\par"
    assert pages(extract(rtf(body))) == ["Hubo casos [*].\n[*] Registro."]


def test_merged_cells_keep_their_columns():
    def row(definition, *texts):
        return rf"\trowd {definition}" + "".join(rf"\pard\intbl {text}\cell" for text in texts) + r"\row "

    plain = r"\cellx1000\cellx2000\cellx3000"
    body = row(plain, "Programa", "Indicador", "Meta")
    body += row(r"\clvmgf\cellx1000\cellx2000\cellx3000", "Paz", "Aulas", "35")
    body += row(r"\clvmrg\cellx1000\clmgf\cellx2000\clmrg\cellx3000", "", "Docentes", "")
    assert cells(extract(rtf(body + r"\pard Fin.\par"))) == [
        ["Programa", "Indicador", "Meta"],
        ["Paz", "Aulas", "35"],
        ["Paz", "Docentes", ""],
    ]


def test_text_boxes_are_read():
    box = r"{\shp{\*\shpinst{\sp{\sn shapeType}{\sv 202}}{\shptxt \pard Meta: 35 aulas.\par}}{\shprslt{\pard Doble.\par}}}"
    assert pages(extract(rtf(rf"\pard Antes{box} y despu\'e9s.\par"))) == ["Meta: 35 aulas.\nAntes y después."]


def test_pages_begin_at_breaks_sections_and_paragraphs_that_say_so():
    body = r"\pard Uno.\par\page Dos.\par\pard\pagebb Tres.\par\pard Sigue.\par\sect\sectd Cuatro.\par\sect\sectd\sbknone Sigue.\par"
    found = extract(rtf(body))
    assert pages(found) == ["Uno.", "Dos.", "Tres.\nSigue.", "Cuatro.\nSigue."]
    assert codes(found) == []


def test_characters_beyond_the_basic_plane_are_put_together():
    assert pages(extract(rtf(r"\pard \u-10179?\u-8704? fin\par"))) == ["\U0001f600 fin"]


@pytest.mark.parametrize(
    "body", [r"a}\footnote b}}}c", r"a{\footnote\footnote b}c", r"a}}\shptxt b}}\footnote c", r"a{\shptxt b"]
)
def test_groups_that_are_not_balanced_end_in_some_text(body):
    assert "a" in extract(rtf(body)).pages[0].text
