import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.errors import DocumentTooLargeError, EmptyDocumentError, UnsupportedDocumentError
from decalogo.evaluation.documents.model import PassageKind
from decalogo.evaluation.extract import extract
from decalogo.evaluation.formats.page_marks import find_page_ends
from decalogo.evaluation.formats.text import cut_at, make_pages

WORDS = [f"{a}{b}" for a in ("promoción", "vigilancia", "gestión", "atención") for b in "abcdefg"]
SPANISH = "Atención a la niñez: 1.250 niños “en riesgo” – año 2019."


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_text_is_read_in_every_encoding_plans_come_in(codec):
    result = extract((SPANISH * 3).encode(codec))
    assert result.media_type == "text/plain"
    assert result.pages[0].text == SPANISH * 3


def test_form_feeds_are_page_borders():
    result = extract(b"Primera\fSegunda\f\fCuarta\f")
    assert [page.text for page in result.pages] == ["Primera", "Segunda", "", "Cuarta"]
    assert not [flag for flag in result.flags if flag.code == "pages-synthetic"]


def test_a_text_without_pages_is_cut_and_says_so():
    paragraph = "El municipio garantizará la prestación del servicio. " * 12
    result = extract("\n\n".join([paragraph] * 30).encode())
    assert len(result.pages) > 3
    assert max(len(page.text) for page in result.pages) <= 6000
    assert [flag.code for flag in result.flags] == ["pages-synthetic"]


def test_page_numbers_left_in_a_text_show_its_pages():
    body = {
        n: "".join(f"La {a}{chr(n + 90)} adelantará acciones de {a} en salud.\n" for a in WORDS) for n in range(7, 19)
    }
    text = "".join(f"{body[number]}MUNICIPIO DE PRUEBA\n{number}\n" for number in range(7, 19))
    result = extract(text.encode())
    assert len(result.pages) == 12
    furniture = [p for p in result.passages if p.kind is PassageKind.FURNITURE]
    assert [result.pages[p.page - 1].text[p.start : p.end] for p in furniture] == [
        f"MUNICIPIO DE PRUEBA\n{number}" for number in range(7, 19)
    ]


def test_numbers_in_a_table_are_not_page_numbers():
    assert find_page_ends("\n".join(str(number) for number in range(1, 200))) == []


@given(st.text(alphabet="ab .\n", max_size=20_000))
def test_cutting_pages_loses_no_character(text):
    pages = make_pages(text)
    assert "".join(pages) == text
    assert max(len(page) for page in pages) <= 6000


@given(st.text(alphabet="ab\n12", max_size=2_000), st.lists(st.integers(0, 2000)))
def test_cutting_at_borders_loses_only_blank_parts(text, borders):
    ends = sorted({min(border, len(text)) for border in borders})
    assert "".join("".join(cut_at(text, ends)).split()) == "".join(text.split())


@pytest.mark.parametrize("content", [b"", b"\0\0\0\0", b" \n\t\r\n", b"\xef\xbb\xbf", b"\xff\xfe", "\u200b\n".encode()])
def test_nothing_to_read_is_an_empty_document(content):
    with pytest.raises(EmptyDocumentError, match=r"(?i)upload"):
        extract(content)


@pytest.mark.parametrize(
    "content",
    [b"GIF89a" + bytes(50), b"\0\0\0\x18ftypheic" + bytes(50), bytes(range(256)) * 4, b"\x7fELF" + bytes(80)],
)
def test_a_binary_that_is_no_document_is_refused(content):
    with pytest.raises(UnsupportedDocumentError, match="Upload the plan as PDF"):
        extract(content)


def test_the_name_does_not_decide_what_a_file_is(tmp_path):
    path = tmp_path / "plan.pdf"
    path.write_text(SPANISH, encoding="utf-8")
    assert extract(path).media_type == "text/plain"


def test_more_pages_than_allowed_are_refused():
    with pytest.raises(DocumentTooLargeError, match="11 pages"):
        extract(b"\f".join([b"una"] * 11), max_pages=10)
