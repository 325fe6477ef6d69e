"""Note marks, blanks and line breaks that a page's raw text has and its picture has not."""

import io

import pytest
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from decalogo.evaluation import evaluate
from decalogo.evaluation.extract import extract
from decalogo.evaluation.pdf import native
from decalogo.evaluation.pdf import page as pdf_page
from decalogo.evaluation.pdf.text_page import TextPage
from decalogo.evaluation.rubric import load_rubric
from tests.evaluation.pdf.raw_pdfs import raw_pdf, shown

LINE = ("es de 120", "2", " casos contra las mujeres", "1", ", según la ley", "3", ".")


def raised(*texts: str, how: str = "objects", size: float = 11, small: float = 6, rise: float = 4) -> bytes:
    """Return a line in which every number that stands alone is raised: as separate texts, or as one with a rise."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=letter, invariant=1)
    text, x = canvas.beginText(60, 700), 60.0
    for piece in texts:
        up = piece.isdigit() or piece == "*"
        if how == "objects":
            canvas.setFont("Helvetica", small if up else size)
            canvas.drawString(x, 700 + rise * up, piece)
            x += canvas.stringWidth(piece, "Helvetica", small if up else size)
        else:
            text.setFont("Helvetica", small if up else size)
            text.setRise(rise if up else 0)
            text.textOut(piece)
    canvas.drawText(text)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def read(content: bytes) -> str:
    return extract(content).pages[0].text


@pytest.fixture(params=["C", "Python"])
def both_readers(request, monkeypatch):
    if request.param == "C":
        request.getfixturevalue("built_reader")
    kind = native.NativeTextPage if request.param == "C" else TextPage
    monkeypatch.setattr(pdf_page, "text_page", lambda: kind)


@pytest.mark.usefixtures("both_readers")
@pytest.mark.parametrize("how", ["objects", "rise"])
@pytest.mark.parametrize(("size", "small", "rise"), [(11, 6, 4), (11, 7.3, 3.3), (12, 8, 2.5), (10, 6.5, 3.5)])
def test_a_note_mark_is_set_apart_from_the_word_or_number_before_it(how, size, small, rise):
    text = read(raised(*LINE, how=how, size=size, small=small, rise=rise))
    assert text == "es de 120 [2] casos contra las mujeres [1], según la ley [3]."


@pytest.mark.usefixtures("both_readers")
def test_a_note_begins_with_its_mark_and_stays_on_its_line():
    assert read(raised("7", " Registro Único de Víctimas")) == "[7] Registro Único de Víctimas"


@pytest.mark.usefixtures("both_readers")
def test_an_asterisk_is_a_note_mark_and_the_exponent_of_a_unit_is_none():
    assert read(raised("35 km", "2", " de vías", "*", " en 2023")) == "35 km2 de vías [*] en 2023"


@pytest.mark.usefixtures("both_readers")
def test_lowered_and_large_numbers_are_no_note_marks():
    assert "CO2" in read(raised("toneladas de CO", "2", " al año", rise=-2)).replace("\n", "")
    assert read(raised("Meta 2027: ", "150", " casas", small=11, rise=0)) == "Meta 2027: 150 casas"


@pytest.mark.usefixtures("both_readers")
def test_a_note_mark_on_a_page_shown_turned_is_found():
    turned = b"0 1 -1 0 612 0 cm\n" + b"".join(
        shown(text, x, y, size)
        for text, x, y, size in (("hay 4.512", 60, 400, 11), ("7", 108.2, 404, 6), (" personas", 111.6, 400, 11))
    )
    assert read(raw_pdf(turned, page=b"/Rotate 90")) == "hay 4.512 [7] personas"


def test_note_marks_change_no_answer():
    lines = ["La línea base de violencia contra mujeres es de 120", "2", " casos y la meta, de 90", "3", " en 2027."]
    plain = [piece for piece in lines if not piece.isdigit()]
    rubric = load_rubric("decalogo")
    results = [evaluate(raised(*pieces), rubric).result["answers"] for pieces in (lines, plain)]
    kept = [[(one["id"], one["score"], one["elements"]) for one in answers] for answers in results]
    assert kept[0] == kept[1]
    assert any(answer["score"] for answer in results[0])


@pytest.mark.usefixtures("both_readers")
def test_a_blank_that_is_taken_back_after_a_ligature_is_no_blank():
    kerned = b"BT /F1 11 Tf 60 700 Td [(El fi)278( )0(nanciamiento es defi)278( )0(nido por ley; Haiti pide.)]TJ ET"
    assert read(raw_pdf(kerned)) == "El financiamiento es definido por ley; Haiti pide."


@pytest.mark.usefixtures("both_readers")
def test_blanks_between_the_letters_of_a_justified_line_are_no_blanks():
    letters = b"".join(b"(%c)-60( )278" % letter for letter in b"Garantizaremos") + b"( el plan)"
    text = read(raw_pdf(b"BT /F1 11 Tf 60 700 Td [" + letters + b"]TJ ET"))
    assert text == "Garantizaremos el plan"


@pytest.mark.usefixtures("both_readers")
def test_a_blank_after_a_word_that_ends_like_a_ligature_stays():
    assert read(raw_pdf(shown("red wifi para ti y el staff local", 60, 700))) == "red wifi para ti y el staff local"
