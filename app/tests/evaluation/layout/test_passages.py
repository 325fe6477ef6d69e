import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.evaluation.documents.model import PassageKind
from decalogo.evaluation.extract import extract
from decalogo.evaluation.layout.passages import LONGEST, split_long
from tests.evaluation.pdf.pdfs import SENTENCE, heading, lines_pdf, paragraph, plan_pdf, space

PROSE = "El municipio fortalecerá la ruta de atención a mujeres víctimas de violencia, con enfoque diferencial"


def quotes(result, kind=None):
    return [
        " ".join(result.pages[p.page - 1].text[p.start : p.end].split())
        for p in result.passages
        if kind is None or p.kind is kind
    ]


def of_text(text):
    return extract(text.encode())


def test_a_paragraph_over_wrapped_lines_is_one_passage():
    text = f"{PROSE}\ny con recursos propios del municipio para el cuatrienio que se inicia en el año fiscal\nde 2024."
    assert quotes(of_text(text), PassageKind.PROSE) == [" ".join(text.split())]


def test_paragraphs_of_a_pdf_are_told_apart_by_the_space_between_them():
    result = extract(plan_pdf([paragraph(SENTENCE * 4), space(), paragraph(PROSE * 3)]))
    assert quotes(result, PassageKind.PROSE) == [(SENTENCE * 4).strip(), PROSE * 3]


def test_list_items_are_passages_of_their_own():
    text = f"Las acciones serán:\n• {PROSE}\nen todo el territorio.\n• {PROSE}.\na) {PROSE}.\n2. {PROSE}."
    assert quotes(of_text(text), PassageKind.LIST) == [
        f"• {PROSE} en todo el territorio.",
        f"• {PROSE}.",
        f"a) {PROSE}.",
        f"2. {PROSE}.",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "CAPÍTULO III. DERECHOS DE LAS MUJERES",
        "Artículo 12. Programa de equidad",
        "PROGRAMA: MUJER Y GÉNERO",
        "Eje 2. Territorio y paz",
        "2.1.3 Diagnóstico del sector salud",
        "4. SECTOR: AMBIENTE",
        "SERVICIOS PÚBLICOS DOMICILIARIOS",
        "Línea estratégica 1: Inclusión social",
    ],
)
def test_headings_are_recognised_and_head_what_follows(line):
    result = of_text(f"{PROSE}.\n{line}\n{PROSE}.\n")
    assert quotes(result, PassageKind.HEADING) == [line]
    assert [p.section for p in result.passages] == [(), (line,), (line,)]


@pytest.mark.parametrize(
    "line",
    [
        "LÍNEA BASE: 12 % de las mujeres en 2019",
        "El programa de mujer tendrá cobertura en todo el municipio.",
        "Meta: atender 120 mujeres en el cuatrienio",
        "DANE.",
        "2.083 3.604 3.471",
        "N° % N° % N° % N° %",
        "TOTAL 2.075.380 979.530 1.095.850",
    ],
)
def test_data_and_sentences_are_no_headings(line):
    assert quotes(of_text(f"{PROSE}.\n\n{line}\n\n{PROSE}.\n"), PassageKind.HEADING) == []


def test_headings_nest_from_title_to_programme():
    text = "\n".join(
        [
            "TÍTULO I",
            PROSE + ".",
            "LÍNEA ESTRATÉGICA 1: PAZ",
            "1. SECTOR: JUSTICIA",
            PROSE + ".",
            "PROGRAMA: MUJER",
            PROSE + ".",
        ]
    )
    assert of_text(text).passages[-1].section == (
        "TÍTULO I",
        "LÍNEA ESTRATÉGICA 1: PAZ",
        "1. SECTOR: JUSTICIA",
        "PROGRAMA: MUJER",
    )


def test_a_larger_or_bold_line_of_a_pdf_is_a_heading():
    result = extract(plan_pdf([paragraph(SENTENCE * 6), heading("Enfoque poblacional"), paragraph(SENTENCE * 2)]))
    assert quotes(result, PassageKind.HEADING) == ["Enfoque poblacional"]
    assert result.passages[-1].section == ("Enfoque poblacional",)


def test_a_row_of_labels_is_no_outline():
    labels = [
        "DENGUE GRAVE",
        "VARICELA INDIVIDUAL",
        "EXPOSICIÓN A FLÚOR",
        "INTENTO DE SUICIDIO",
        "TUBERCULOSIS PULMONAR",
    ]
    result = of_text("\n".join([f"{PROSE}.", *labels, f"{PROSE}."]))
    assert quotes(result, PassageKind.HEADING) == []
    assert {p.section for p in result.passages} == {()}


def test_headers_footers_and_page_numbers_are_furniture():
    document = plan_pdf(
        [paragraph(SENTENCE * 100)],
        header="Alcaldía de Prueba · Tel. (098) 435-8100 Ext. 1505",
        footer="Plan de desarrollo 2024-2027",
        numbered=True,
    )
    result = extract(document)
    assert len(result.pages) >= 3
    evidence = " ".join(quotes(result, PassageKind.PROSE))
    assert "Alcaldía" not in evidence
    assert "2024-2027" not in evidence
    marked = " ".join(quotes(result, PassageKind.FURNITURE))
    for page in range(1, len(result.pages) + 1):
        assert f"Plan de desarrollo 2024-2027 {page}" in marked
    assert marked.count("Ext. 1505") == len(result.pages)


def test_a_number_that_does_not_count_the_pages_is_no_page_number():
    pages = zip(("salud", "vivienda", "deporte", "cultura"), ("70", "12", "55", "31"), strict=True)
    result = extract(lines_pdf([[f"Personas atendidas en {sector}:", value] for sector, value in pages]))
    assert quotes(result, PassageKind.FURNITURE) == []


def test_rows_of_a_flattened_table_are_rows():
    rows = ["Entre 0 y 19 2131 49,6 666 42,0", "Bachillerato 44,6 44,4 24,4 35,5"]
    result = of_text("\n".join([f"{PROSE}.", *rows, f"{PROSE}."]))
    assert quotes(result, PassageKind.TABLE_ROW) == rows


def test_a_period_repeated_on_every_page_is_furniture():
    sectors = ("salud", "vivienda", "deporte", "cultura")
    result = of_text("\f".join(f"2012 – 2015\nLa meta de {sector} será evaluada cada año." for sector in sectors))
    assert quotes(result, PassageKind.FURNITURE) == ["2012 – 2015"] * 4


def test_a_table_of_contents_is_no_prose():
    entries = [f"{n}. Programa de derechos {'.' * 40} {n * 7}" for n in range(1, 6)]
    result = of_text("\n".join(["TABLA DE CONTENIDO", *entries, "INTRODUCCIÓN", PROSE + "."]))
    assert quotes(result, PassageKind.CONTENTS) == [" ".join(["TABLA DE CONTENIDO", *entries])]
    assert quotes(result, PassageKind.PROSE) == [PROSE + "."]


def test_contents_without_leaders_are_known_by_their_rising_numbers():
    entries = [f"Programa de {name} {page}" for page, name in enumerate("abcdefghijkl", 9)]
    result = of_text("\n".join([*entries, "", PROSE + "."]))
    assert quotes(result, PassageKind.CONTENTS) == [" ".join(entries)]


def test_rows_that_end_in_any_number_are_no_contents():
    numbers = [90, 12, 45, 3, 88, 61, 7, 30, 2, 54]
    entries = [f"Mujeres atendidas en {name} {number}" for number, name in zip(numbers, "abcdefghij", strict=True)]
    assert quotes(of_text("\n".join(entries)), PassageKind.CONTENTS) == []


@given(st.text(alphabet="ab.  \nÁ1", max_size=6_000))
def test_long_passages_are_split_without_losing_a_letter(text):
    pieces = list(split_long(text, 0, len(text)))
    assert all(0 < end - start <= LONGEST for start, end in pieces)
    assert "".join("".join(text[a:b].split()) for a, b in pieces) == "".join(text.split())


@given(st.lists(st.text(alphabet="aÁé1.:•- \n", max_size=300), min_size=1, max_size=8))
def test_passages_lie_in_their_page_in_order_and_cover_every_word(parts):
    text = "\f".join(["inicio", *parts])
    result = of_text(text)
    for page in result.pages:
        spans = [(p.start, p.end) for p in result.passages if p.page == page.number]
        assert spans == sorted(spans)
        assert all(0 <= start < end <= len(page.text) for start, end in spans)
        covered = "".join("".join(page.text[a:b].split()) for a, b in spans)
        assert covered == "".join(page.text.split())
