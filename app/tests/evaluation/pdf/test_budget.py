"""A page that would hold a process is left out, with the reason; the pages around it are read."""

import time
import zlib

import pytest

from decalogo.errors import DocumentTooLargeError
from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.documents.parts import READ, Part, Parts
from decalogo.evaluation.documents.reading import Limits
from decalogo.evaluation.extract import extract
from decalogo.evaluation.pdf.reader import read_part
from tests.evaluation.pdf.raw_pdfs import HELVETICA, assemble, shown, stream_object

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


def test_a_file_that_cannot_be_looked_at_is_tried_in_another_process():
    content = document(stream_object(b"/A Do"), stream_object(SOUND), A=b"/A Do /A Do")
    circular = content.replace(b"/Kids [10 0 R 12 0 R]", b"/Kids [10 0 R 2 0 R ]")
    with pytest.raises(DocumentTooLargeError, match="Page 1"):
        extract(circular)
