"""A page that would hold a process is left out, with the reason; the pages around it are read."""

import io
import time
import zlib

import pikepdf
import pytest

from decalogo.errors import DocumentTooLargeError
from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.documents.parts import READ, Part, Parts
from decalogo.evaluation.documents.reading import Limits
from decalogo.evaluation.extract import extract
from decalogo.evaluation.pdf import budget, crowding
from decalogo.evaluation.pdf.opened import OpenedPdf
from decalogo.evaluation.pdf.reader import read_part
from decalogo.evaluation.pdf.structure import inspect
from decalogo.evaluation.pdf.unpacking import unpacked
from tests.evaluation.pdf.raw_pdfs import HELVETICA, assemble, raw_pdf, shown, stream_object

TEXT = "La tasa fue de 120 casos en 2019."
SOUND = shown(TEXT, 60, 700)
FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] "
NEVER = OcrOptions(mode="never")


def packed(data: bytes, times: int = 1) -> bytes:
    """Return a stream that is packed some times over."""
    for _ in range(times):
        data = zlib.compress(data, 9)
    return stream_object(data, b"/Filter [" + b" /FlateDecode" * times + b"]")


def damaged(data: bytes) -> bytes:
    """Return a packed stream whose end is damaged."""
    return stream_object(zlib.compress(data, 9)[:-40] + bytes(range(200, 240)), b"/Filter /FlateDecode")


def document(*pages: bytes, box: bytes = b"[0 0 600 800]", **objects: bytes) -> bytes:
    """Return a PDF of content streams; ``objects`` are forms, by name, that every page may draw."""
    numbers = {name: 200 + index for index, name in enumerate(objects)}
    names = b" ".join(b"/%s %d 0 R" % (name.encode(), number) for name, number in numbers.items())
    resources = b"/Resources << /Font << /F1 3 0 R >> /XObject << " + names + b" >> >>"
    kids = b" ".join(b"%d 0 R" % (10 + 2 * index) for index in range(len(pages)))
    written = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % len(pages),
        3: HELVETICA,
        **{number: stream_object(objects[name], FORM + resources) for name, number in numbers.items()},
    }
    for index, page in enumerate(pages):
        entries = b"/Type /Page /Parent 2 0 R /MediaBox " + box + b" /Contents %d 0 R " % (11 + 2 * index)
        written[10 + 2 * index] = b"<< " + entries + resources + b" >>"
        written[11 + 2 * index] = page
    return assemble(written)


HOSTILE = {
    "forms that draw forms": document(
        stream_object(b"/A Do"), **{name: b"/%s Do " % bytes([ord(name) + 1]) * 10 for name in "ABCDEFGH"}, I=SOUND
    ),
    "a form that draws itself": document(stream_object(b"/A Do"), A=b"/A Do /A Do"),
    "one form drawn often": document(packed(b"/A Do " * 900_000), A=SOUND * 9),
    "content that unpacks": document(packed(SOUND + b" " * (40 << 20))),
    "content packed twice": document(packed(SOUND + b" " * (200 << 20), 2)),
    "content that unpacks up to some damage": document(damaged(SOUND + b" " * (60 << 20))),
    "many paths": document(packed(SOUND + b"0 0 9 9 re f\n" * 1_000_000)),
    "text from right to left": document(
        packed(b"BT /F1 9 Tf 399990 400 Td " + b"(ab) Tj -9 0 Td " * 40_000 + b"ET"), box=b"[0 0 400000 800]"
    ),
    "text to and fro in a form": document(
        stream_object(b"/A Do"),
        A=b"BT /F1 9 Tf 99990 400 Td " + b"(ab) Tj 9 0 Td (cd) Tj -27 0 Td " * 25_000 + b"ET",
        box=b"[0 0 400000 800]",
    ),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_page_over_its_budget_is_refused_with_its_reason(content):
    started = time.process_time()
    with pytest.raises(DocumentTooLargeError, match=r"Page 1 of the PDF would take too much") as caught:
        extract(content)
    assert caught.value.extra == {"page": 1}
    assert time.process_time() - started < 10


def test_the_pages_around_it_are_read_and_the_flag_names_it():
    content = document(stream_object(SOUND), packed(SOUND + b" " * (40 << 20)), stream_object(SOUND))
    result = extract(content)
    assert [page.text for page in result.pages] == [TEXT, "", TEXT]
    assert [(flag.code, flag.pages) for flag in result.flags] == [("pages-too-costly", (2,))]
    known = read_part(content, Part(READ, (1, 2, 3)), Limits())
    assert extract(content, parts=Parts(known)) == result


@pytest.mark.parametrize(
    "content",
    [
        document(packed(SOUND + b"0 0 9 9 re f\n" * 100_000)),
        document(packed(b"BT /F1 9 Tf 9 400 Td " + b"(ab) Tj 9 0 Td " * 40_000 + b"ET"), box=b"[0 0 400000 800]"),
        document(stream_object(SOUND + b"/A Do " * 500), A=b"0 0 9 9 re f " * 20),
        document(stream_object(SOUND), A=b"/A Do"),
    ],
    ids=("map", "left to right", "symbols", "form not drawn"),
)
def test_maps_and_dense_tables_are_within_the_budget(content):
    assert extract(content, ocr=NEVER).pages[0].text


def test_content_that_pages_share_is_unpacked_twice(monkeypatch):
    unpackings = []
    monkeypatch.setattr(budget, "unpacked", lambda stream: unpackings.append(stream) or unpacked(stream))
    pages = document(*[packed(SOUND + b"9 9 m " * 600_000)] * 5)
    for number in range(1, 5):
        pages = pages.replace(b"/Contents %d 0 R" % (11 + 2 * number), b"/Contents %d 0 R" % 11)
    with pikepdf.open(io.BytesIO(pages)) as opened:
        costly, _ = budget.check_pages(opened)
    assert len(costly) == 0
    assert len(unpackings) == 2  # for its cost, and for its size as shared content


def test_after_ten_pages_that_are_refused_no_further_one_is_loaded(monkeypatch):
    monkeypatch.setattr(crowding, "CROWDED", 10)
    monkeypatch.setattr(crowding, "_MOST_STEPS", 10)
    crowded = stream_object(b"BT /F1 9 Tf 590 400 Td " + b"(ab) Tj -9 0 Td " * 40 + b"ET")
    pages = OpenedPdf(inspect(document(*[crowded] * 12, stream_object(SOUND))))
    try:
        reasons = [pages.read(number).costly for number in range(1, 14)]
    finally:
        pages.close()
    assert all("sort its text" in reason for reason in reasons[:10])
    assert reasons[10:] == ["10 pages before it did"] * 3


def test_a_file_that_cannot_be_looked_at_is_tried_in_another_process():
    content = document(stream_object(b"/A Do"), stream_object(SOUND), A=b"/A Do /A Do")
    circular = content.replace(b"/Kids [10 0 R 12 0 R]", b"/Kids [10 0 R 2 0 R ]")
    with pytest.raises(DocumentTooLargeError, match="Page 1"):
        extract(circular)


def with_font(font: bytes, content: bytes, **objects: bytes) -> bytes:
    """Return a PDF of one page whose font is ``font``; ``objects`` are its streams, named by their numbers."""
    written = {int(name[1:]): text for name, text in objects.items()}
    return raw_pdf(content, objects={3: font, **written})


def table(ranges: int, text: bytes) -> bytes:
    """Return a table of characters with so many ranges of all codes, and a text for the letter ``a``."""
    rows = b"".join(b"<0000> <ffff> <%04x>\n" % (n % 60000) for n in range(ranges))
    return b"%d beginbfrange\n%sendbfrange\n1 beginbfchar\n<61> <%s>\nendbfchar\n" % (ranges, rows, text)


FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /ToUnicode 100 0 R >>"
OUTER = b"<< /Type /Font /Subtype /TrueType /BaseFont /A /FontDescriptor 100 0 R >>"
DESCRIPTOR = b"<< /Type /FontDescriptor /FontName /A /Flags 4 /FontFile2 101 0 R >>"
LETTERS = b"BT /F1 .001 Tf 9 400 Td (" + b"a" * 50_000 + b") Tj ET"
HOSTILE_FONTS = {
    "ranges of all codes": with_font(FONT, SOUND, n100=packed(table(1000, b"0062"))),
    "long texts for a code": with_font(FONT, LETTERS, n100=packed(table(1, b"0062" * 5000))),
    "a table that unpacks": with_font(FONT, SOUND, n100=packed(table(1, b"0062") + b" " * (9 << 20))),
    "a font program that unpacks": with_font(OUTER, SOUND, n100=DESCRIPTOR, n101=packed(bytes(300 << 20))),
    "very many characters": document(
        packed(b"BT /F1 .001 Tf 9 400 Td " + (b"(" + b"la meta " * 500 + b") Tj ") * 900 + b"ET")
    ),
    "many characters in forms": document(
        stream_object(b"/A Do " * 99), A=b"BT /F1 .001 Tf 9 400 Td (" + b"la meta " * 4000 + b") Tj ET"
    ),
    "short streams that are many": document(
        packed(b"BT /F1 .001 Tf 9 400 Td (" + b"la meta " * 50_000 + b") Tj ET")
    ).replace(b"/Contents 11 0 R", b"/Contents [" + b"11 0 R " * 20 + b"]"),
}


@pytest.mark.parametrize("content", HOSTILE_FONTS.values(), ids=HOSTILE_FONTS)
def test_fonts_and_texts_over_their_budget_are_refused(content):
    with pytest.raises(DocumentTooLargeError, match=r"Page 1 of the PDF would take too much"):
        extract(content)


def test_fonts_of_a_sound_document_are_within_the_budget():
    once = packed(table(2, b"00660069") + b" " * 10_000)  # all codes twice, and a ligature
    assert extract(with_font(FONT, SOUND, n100=once), ocr=NEVER).pages[0].text
