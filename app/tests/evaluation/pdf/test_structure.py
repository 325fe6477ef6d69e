"""Files that are more, or less, than pages: portfolios, XFA forms, damaged ends and headers."""

import io

import pikepdf
import pytest

from decalogo.errors import DamagedDocumentError, UnsupportedDocumentError
from decalogo.evaluation.documents.detect import HEAD_BYTES, PDF, media_type
from decalogo.evaluation.extract import extract
from tests.evaluation.formats.test_office import docx, p
from tests.evaluation.pdf.containers import COVER, portfolio, xfa_form
from tests.evaluation.pdf.pdfs import lines_pdf

LINES = ["La tasa fue de 120 casos en 2019.", "La meta es de 90 casos en 2023."]


def test_the_members_of_a_portfolio_are_the_pages():
    document = extract(portfolio({"1 plan.pdf": lines_pdf([LINES, LINES[:1]]), "2 anexo.docx": docx(p(LINES[1]))}))
    assert [page.text for page in document.pages] == ["\n".join(LINES), LINES[0], LINES[1]]
    assert [page.number for page in document.pages] == [1, 2, 3]


def test_members_that_cannot_be_read_are_named():
    document = extract(portfolio({"plan.pdf": lines_pdf([LINES]), "plano.dwg": b"AC1027\0\0\0\1\2\3" * 50}))
    assert [flag.code for flag in document.flags] == ["attachment-unread"]
    assert "plano.dwg" in document.flags[0].detail
    with pytest.raises(UnsupportedDocumentError, match=r"portfolio of 1 files.*plano\.dwg"):
        extract(portfolio({"plano.dwg": b"AC1027\0\0\0\1\2\3" * 50}))


def test_a_portfolio_inside_a_portfolio_is_named():
    inside = portfolio({"plan.pdf": lines_pdf([LINES])})
    with pytest.raises(UnsupportedDocumentError, match=r"dentro\.pdf"):
        extract(portfolio({"dentro.pdf": inside}))


def test_the_files_attached_to_a_plan_are_no_pages_of_it():
    document = extract(portfolio({"anexo.txt": LINES[1].encode()}, collection=False))
    assert [page.text for page in document.pages] == [COVER]


@pytest.mark.parametrize("notice", ["Please wait...", "Espere... Si este mensaje no se reemplaza, actualice su visor."])
def test_an_xfa_form_is_named_as_one(notice):
    with pytest.raises(UnsupportedDocumentError, match="XFA form"):
        extract(xfa_form(notice))


def test_an_xfa_form_with_pages_of_its_own_is_read():
    assert extract(xfa_form(LINES[0])).pages[0].text == LINES[0]


def codes(content: bytes) -> list[str]:
    return [flag.code for flag in extract(content).flags]


@pytest.mark.parametrize("cut", [1, 2, 5, 6])
def test_a_file_without_its_last_bytes_is_whole(cut):
    assert codes(lines_pdf([LINES])[:-cut]) == []


def test_a_file_of_object_streams_without_its_last_bytes_is_whole():
    with pikepdf.open(io.BytesIO(lines_pdf([LINES]))) as document:
        target = io.BytesIO()
        document.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert codes(target.getvalue()[:-2]) == []


@pytest.mark.parametrize("tail", [b"\0" * 9000, b"\r\n<html><p>Gracias por su descarga</p></html>\n" * 90])
def test_a_file_with_something_behind_it_is_whole(tail, tmp_path):
    content = lines_pdf([LINES]) + tail
    file = tmp_path / "plan.pdf"
    file.write_bytes(content)
    assert codes(content) == codes(file) == []


def test_a_file_that_breaks_off_among_its_objects_is_damaged():
    content = lines_pdf([LINES] * 8)
    assert codes(content + content[: len(content) // 2]) == ["damaged"]
    with pytest.raises(DamagedDocumentError):
        extract(content[: content.rindex(b"xref\n0") - 40])


@pytest.mark.parametrize("header", [b"%PDA-1.3", b"%pdf-1.3", b"PDF-1.34", b"% PDF1.3"])
def test_a_pdf_with_a_misspelt_header_is_a_pdf(header, tmp_path):
    content = header + lines_pdf([LINES])[8:]
    assert media_type(content[:HEAD_BYTES]) == PDF
    file = tmp_path / "plan.pdf"
    file.write_bytes(content)
    assert extract(content).pages[0].text == extract(file).pages[0].text == "\n".join(LINES)
    assert codes(content) == []


def test_a_pdf_without_a_header_is_a_pdf():
    content = lines_pdf([LINES])
    assert extract(content[content.index(b"1 0 obj") :]).pages[0].text == "\n".join(LINES)


def test_a_text_about_pdf_is_a_text():
    assert media_type(b"El archivo dice 1 0 obj y luego endobj, como todo PDF.\n" * 9) != PDF
