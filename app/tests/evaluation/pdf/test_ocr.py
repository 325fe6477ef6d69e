"""Scanned pages: found, read by their image where tesseract is installed, and flagged either way."""

import io
import os
import time
from dataclasses import replace

import pytest
from reportlab.lib.pagesizes import letter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from decalogo.errors import NoTextError
from decalogo.evaluation import evaluate
from decalogo.evaluation.documents.model import OcrOptions, SplitSizes
from decalogo.evaluation.documents.parts import RECOGNISE, Part, Parts
from decalogo.evaluation.documents.raw_pages import Recognised
from decalogo.evaluation.documents.reading import Limits
from decalogo.evaluation.documents.sheets import Box
from decalogo.evaluation.extract import extract
from decalogo.evaluation.pdf import ocr, ocr_cache, tesseract
from decalogo.evaluation.pdf.ocr_cache import OcrCache
from decalogo.evaluation.pdf.reader import read_part
from decalogo.evaluation.rubric import load_rubric
from tests.evaluation.pdf.pdfs import blank_pdf, lines_pdf

LINES = [
    "DIAGNÓSTICO DE LA MUJER",
    "La tasa de violencia intrafamiliar fue de 120 casos por cada cien mil",
    "habitantes en el año 2019, según Medicina Legal. El municipio fortalecerá",
    "la ruta de atención a las mujeres víctimas de violencia.",
]
NEVER = OcrOptions(mode="never")


@pytest.fixture
def missing(monkeypatch, tmp_path):
    """Hide the program."""
    monkeypatch.setenv("PATH", str(tmp_path))
    tesseract.program.cache_clear()
    yield
    tesseract.program.cache_clear()


def scanned(pages: list[list[str] | None], *, readable: str = "") -> bytes:
    """Return a PDF whose pages are images of printed lines (``None``: an empty image), after one of ``readable``."""
    import pypdfium2

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=letter, invariant=1)
    if readable:
        canvas.drawString(60, 700, readable)
        canvas.showPage()
    for lines in pages:
        with pypdfium2.PdfDocument(lines_pdf([lines or []], font_size=12)) as source:
            image = source[0].render(scale=200 / 72, grayscale=True).to_pil()
        canvas.drawImage(ImageReader(image), 0, 0, *letter)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def flags(document) -> dict[str, tuple[int, ...]]:
    return {flag.code: flag.pages for flag in document.flags}


@pytest.mark.usefixtures("tesseract")
def test_a_scan_is_read_by_its_images_and_flagged():
    document = extract(scanned([LINES, LINES]))
    assert flags(document) == {"pages-by-ocr": (1, 2)}
    words = document.pages[0].text.split()
    assert len(set(words) & set(" ".join(LINES).split())) >= 0.9 * len(set(" ".join(LINES).split()))


@pytest.mark.usefixtures("tesseract")
def test_recognised_lines_join_to_paragraphs_as_other_lines_do():
    document = extract(scanned([LINES]))
    passages = [document.pages[0].text[one.start : one.end] for one in document.passages]
    assert any("cien mil\nhabitantes" in text for text in passages)


@pytest.mark.usefixtures("tesseract")
def test_evidence_from_a_scan_says_that_its_words_were_recognised():
    result = evaluate(
        scanned([LINES], readable="La tasa de homicidio fue de 30 casos en 2019."), load_rubric("decalogo")
    )
    items = [item for answer in result.result["answers"] for item in answer["evidence"]]
    assert {item["page"] for item in items} == {1, 2}
    assert all(item.get("recognised", False) is (item["page"] == 2) for item in items)


@pytest.mark.usefixtures("tesseract")
def test_a_page_that_was_recognised_is_of_its_document_alone():
    rubric = load_rubric("decalogo")
    first, second = (evaluate(scanned([lines]), rubric).pages[0] for lines in (LINES, ["Otra portada, de otro plan."]))
    assert "Otra portada" in second
    assert "Otra portada" not in first


@pytest.mark.usefixtures("tesseract")
def test_only_pages_without_text_are_recognised_and_only_so_many():
    document = extract(scanned([LINES, LINES, LINES], readable="Con texto."), ocr=OcrOptions(max_pages=2))
    assert flags(document) == {"pages-by-ocr": (2, 3), "pages-without-text": (4,)}
    assert "at most 2 pages are recognised" in document.flags[-1].detail


@pytest.mark.usefixtures("tesseract")
def test_the_same_scan_gives_the_same_document():
    content = scanned([LINES])
    assert extract(content) == extract(content)


@pytest.mark.usefixtures("tesseract")
def test_a_scan_whose_time_is_over_is_partial_after_its_first_page():
    document = extract(scanned([LINES, LINES, LINES], readable="Con texto."), stop=_after(5))
    assert flags(document)["pages-by-ocr"] == (2,)
    assert flags(document)["partial"] == (3, 4)


@pytest.mark.usefixtures("tesseract")
def test_a_page_that_takes_too_long_stays_unread():
    document = extract(scanned([LINES], readable="Con texto."), ocr=OcrOptions(page_seconds=0.01))
    assert flags(document) == {"pages-without-text": (2,)}
    assert "took too long on 1 of them" in document.flags[0].detail


@pytest.mark.usefixtures("tesseract")
def test_a_picture_without_words_is_no_text():
    with pytest.raises(NoTextError, match="no text was recognised"):
        extract(blank_pdf(2))


def test_scans_stay_unread_when_the_submitter_says_so():
    document = extract(scanned([LINES], readable="Con texto."), ocr=NEVER)
    assert [(flag.code, flag.detail) for flag in document.flags] == [
        ("pages-without-text", "1 of 2 pages have no text layer and were not evaluated.")
    ]


@pytest.mark.usefixtures("missing")
def test_without_the_program_a_scan_says_that_it_is_not_installed():
    with pytest.raises(NoTextError, match="text recognition is not installed"):
        extract(scanned([LINES]))
    document = extract(scanned([LINES], readable="Con texto."))
    assert [flag.detail for flag in document.flags] == [
        "1 of 2 pages have no text layer and were not evaluated: text recognition is not installed."
    ]


@pytest.mark.usefixtures("tesseract")
def test_a_document_seen_before_is_not_recognised_again_nor_cut_in_parts(tmp_path, monkeypatch):
    options = OcrOptions(cache_dir=tmp_path / "recognised")
    content = scanned([LINES, None], readable="Delante.")
    first = extract(content, ocr=options)
    monkeypatch.setattr(ocr, "_image", None)
    file = tmp_path / "plan.pdf"
    file.write_bytes(content)
    assert extract(file, ocr=options, parts=Parts(sizes=SplitSizes(recognise=1))) == first
    for kept in (tmp_path / "recognised").glob("?/*"):
        kept.write_bytes(b"damaged")
    with pytest.raises(TypeError):
        extract(content, ocr=options)
    with pytest.raises(TypeError):
        extract(content, ocr=replace(options, dpi=100))


@pytest.mark.usefixtures("tesseract")
def test_parts_keep_what_they_found_on_pages(tmp_path, monkeypatch):
    options = OcrOptions(cache_dir=tmp_path)
    content = scanned([LINES, LINES])
    found = read_part(content, Part(RECOGNISE, (1, 2), 60), Limits(ocr=options)).recognised
    monkeypatch.setattr(ocr, "_image", None)
    cache = ocr.page_cache(content, options)
    assert {number: cache.get(number) for number in (1, 2, 3)} == {**found, 3: None}
    assert read_part(content, Part(RECOGNISE, (1, 2), 60), Limits(ocr=options)).recognised == found


def test_the_pages_kept_are_bounded_and_the_oldest_go(tmp_path, monkeypatch):
    monkeypatch.setattr(ocr_cache, "_MOST_FILES", 3)
    cache = OcrCache(tmp_path)
    keys = [f"0{number:063x}" for number in range(0, 160, 16)]
    lines = {key: Recognised(((key, Box(0.1, 0.2, 1 / 3, 1e-9)),), 1 / 3, 90) for key in keys}
    for age, key in enumerate(keys):
        cache.put(key, lines[key])
        os.utime(next(tmp_path.glob(f"?/{key}")), (1000 + age, 1000 + age))
    assert [key for key in keys if cache.get(key) == lines[key]] == keys[-3:]
    assert cache.discard_older_than(time.time() + 1) == 3
    assert not list(tmp_path.glob("?/*"))


def _after(calls: int):
    """Return a clock that has run out when it is asked for the n-th time."""
    asked = iter(range(1, 1000))
    return lambda: next(asked) >= calls


def test_the_cpu_time_of_recognition_follows_the_size_of_the_document(tmp_path):
    small, file = b"x" * 1000, tmp_path / "large"
    file.write_bytes(bytes(3 << 20))
    options = OcrOptions()
    assert 25 <= ocr.cpu_seconds_for(small, options, options.document_seconds) < 26
    assert ocr.cpu_seconds_for(file, options, options.document_seconds) == 67
    assert ocr.cpu_seconds_for(file, options, options.document_seconds / 4) == 67 / 4


def test_pages_past_the_cpu_time_of_recognition_count_as_late():
    import pypdfium2

    with pypdfium2.PdfDocument(scanned([LINES])) as document:
        cache = ocr.page_cache(b"", OcrOptions())
        assert ocr.recognise_pages(document, {1: ""}, OcrOptions(), cache, lambda _: False, 600, 0) == {1: None}
