"""Pages whose text layer is not what they show are recognised by their picture, or flagged."""

import io
import re

import pytest
from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import letter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.documents.parts import RECOGNISE, Part, Parts
from decalogo.evaluation.documents.reading import Limits
from decalogo.evaluation.extract import extract
from decalogo.evaluation.pdf.reader import read_part
from tests.evaluation.pdf.pdfs import lines_pdf
from tests.evaluation.pdf.scans import picture, scan, set_in_vera
from tests.evaluation.pdf.test_ocr import LINES, flags

pytestmark = pytest.mark.usefixtures("tesseract")
NEVER = OcrOptions(mode="never")
MORE = [*LINES, "El programa construye 35 aulas nuevas en la zona rural.", "La meta del cuatrienio es de 90 casos."]
SIGNATURE = [f"Firmado digitalmente por la Secretaría de Planeación, código {n}4F-{n}A7C" for n in range(6)]


def photo() -> Image.Image:
    image = Image.linear_gradient("L").resize((800, 1000)).rotate(30)
    ImageDraw.Draw(image).ellipse((100, 200, 700, 800), fill=90)
    return image


def assert_recognised(document, lines) -> None:
    words, found = set(" ".join(lines).split()), set(document.pages[0].text.split())
    assert len(words & found) >= 0.9 * len(words)
    assert "pages-by-ocr" in flags(document)


@pytest.mark.parametrize(
    ("over", "place"),
    [
        ([(500, 770, "Folio 12")], (0, 0, *letter)),
        (
            [(60, 770, "ALCALDÍA MUNICIPAL DE FLORENCIA - PLAN DE DESARROLLO"), (300, 20, "Página 7 de 90")],
            (0, 0, *letter),
        ),
        ([(60, 200 - 11 * n, line) for n, line in enumerate(SIGNATURE)], (0, 0, *letter)),
        ([(500, 770, "Folio 12")], (60, 80, 490, 630)),
    ],
    ids=("stamp", "header and footer", "signature", "inset"),
)
def test_a_scan_under_a_little_text_is_recognised(over, place):
    document = extract(scan(picture(MORE), over, place=place))
    assert_recognised(document, MORE)
    assert all(line in document.pages[0].text for _, _, line in over)


def test_a_scan_with_the_text_layer_of_a_scanner_is_read_by_it():
    document = extract(scan(picture(MORE), [(60, 700, LINES[1]), (60, 680, LINES[2])], mode=3))
    assert document.pages[0].text == f"{LINES[1]}\n{LINES[2]}"
    assert not document.flags


@pytest.mark.parametrize("image", [photo(), Image.new("L", (600, 800), 250)], ids=("photo", "plain"))
@pytest.mark.parametrize("options", [OcrOptions(), NEVER], ids=("auto", "never"))
def test_a_title_over_a_picture_without_print_is_all_of_its_page(image, options):
    document = extract(scan(image, [(60, 700, "Capítulo 2. Diagnóstico")]), ocr=options)
    assert document.pages[0].text == "Capítulo 2. Diagnóstico"
    assert not document.flags


def test_a_scan_under_a_stamp_that_is_not_recognised_is_flagged():
    document = extract(scan(picture(MORE), [(500, 770, "Folio 12")]), ocr=NEVER)
    assert [(flag.code, flag.pages) for flag in document.flags] == [("pages-in-pictures", (1,))]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_scan_that_lies_on_its_side_or_upside_down_is_read_upright(turn):
    wide = turn in (90, 270)
    image = picture([*MORE, *MORE, *MORE], turn=turn)
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=letter[::-1] if wide else letter, invariant=1)
    canvas.drawImage(ImageReader(image), 0, 0, *(letter[::-1] if wide else letter))
    canvas.showPage()
    canvas.save()
    document = extract(target.getvalue())
    assert_recognised(document, MORE)
    assert document.pages[0].text.index(MORE[0]) < document.pages[0].text.index("35 aulas")
    assert any("cien mil\nhabitantes" in document.pages[0].text[one.start : one.end] for one in document.passages)


def unmap(font) -> None:
    del font["/ToUnicode"]


def shift(font) -> None:
    """Name every letter as the one some places after it."""
    text = font.ToUnicode.read_bytes()
    moved = re.sub(rb"(?<=<)00([0-9A-Fa-f]{2})(?=>)", lambda code: b"%04X" % (int(code[1], 16) + 0x1B), text)
    font.ToUnicode.write(moved)


def drop(letter_: str):
    """Name one letter by a control character, as a font does that leaves it out."""

    def change(font) -> None:
        font.ToUnicode.write(font.ToUnicode.read_bytes().replace(b"<%04X>" % ord(letter_), b"<0001>"))

    return change


@pytest.mark.parametrize("change", [unmap, shift, drop("ñ")], ids=("none", "shifted", "one letter"))
def test_a_font_that_does_not_tell_its_letters_is_read_by_its_picture(change):
    assert_recognised(extract(set_in_vera(MORE, change)), MORE)


@pytest.mark.parametrize("change", [unmap, shift, drop("ñ")], ids=("none", "shifted", "one letter"))
def test_a_font_that_does_not_tell_its_letters_is_flagged_where_nothing_is_recognised(change):
    document = extract(set_in_vera(MORE, change), ocr=NEVER)
    assert [(flag.code, flag.pages) for flag in document.flags] == [("pages-garbled", (1,))]


def test_a_sound_font_and_a_page_of_numbers_are_no_doubt():
    assert not extract(set_in_vera(MORE, lambda font: None), ocr=NEVER).flags
    assert not extract(lines_pdf([[f"{n} ICBF SENA DNP {n * 37}" for n in range(40)]]), ocr=NEVER).flags


def test_parts_recognise_doubtful_pages_as_the_whole_does():
    content = scan(picture(MORE), [(500, 770, "Folio 12")])
    known = read_part(content, Part(RECOGNISE, (1,), 60), Limits())
    assert extract(content, parts=Parts(known)) == extract(content)
