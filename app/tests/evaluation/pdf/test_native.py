"""The C reader of pages gives what the Python one gives, to the bit, and builds where there is a compiler."""

import io
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from decalogo.evaluation.pdf import build, native
from decalogo.evaluation.pdf import page as pdf_page
from decalogo.evaluation.pdf.pdfium import loaded
from decalogo.evaluation.pdf.text_page import TextPage
from tests.evaluation.pdf.pdfs import SENTENCE, blank_pdf, lines_pdf, paragraph, plan_pdf, ruled_table, sideways_pdf

REAL_PLAN = Path(__file__).parents[2] / "data" / "florencia-2020-2023.pdf"


pytestmark = pytest.mark.usefixtures("built_reader")


def drawing():
    """Draw in every way that is looked at: strokes, fills, curves, forms in forms, turned text."""
    chance = random.Random(7)
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=letter, invariant=1)
    for page in range(12):
        canvas.beginForm(f"cell{page}")
        canvas.setFont("Helvetica-Bold", 8)
        canvas.rect(0, 0, 90, 20)
        canvas.drawString(3, 5, "Línea base 2019: 1.250")
        canvas.endForm()
        canvas.beginForm(f"row{page}")
        for column in range(4):
            canvas.saveState()
            canvas.translate(90 * column, 0)
            canvas.doForm(f"cell{page}")
            canvas.restoreState()
        canvas.endForm()
        for row in range(6):
            canvas.saveState()
            canvas.translate(60, 500 - 20 * row)
            if page % 3 == 1:
                canvas.rotate(chance.choice((0, 7, 90, 180)))
            canvas.scale(1.1, 0.9)
            canvas.skew(page % 5, 0)
            canvas.doForm(f"row{page}")
            canvas.restoreState()
        for _ in range(40):
            x, y, w, h = (chance.uniform(0, 600) for _ in range(4))
            canvas.setFillColorRGB(*(chance.choice((0.2, 1.0)) for _ in range(3)))
            path = canvas.beginPath()
            path.moveTo(x, y)
            path.lineTo(x + 80, y)
            path.lineTo(x + 80, y + 60)
            path.lineTo(x, y + 60)
            path.close()
            canvas.drawPath(path, stroke=chance.randrange(2), fill=chance.randrange(2))
            draw = chance.choice((canvas.line, canvas.rect, canvas.bezier, canvas.roundRect))
            if draw == canvas.line:
                draw(x, y, x + chance.choice((0, w)), y + chance.choice((0, 2, h)))
            elif draw == canvas.rect:
                draw(x, y, w / 4, chance.choice((1, 3.2, h / 9)), stroke=chance.randrange(2), fill=chance.randrange(2))
            elif draw == canvas.roundRect:
                draw(x, y, w / 4 + 9, h / 4 + 9, 4)
            else:
                draw(x, y, x + w, y, x, y + h, x + w, y + h)
        canvas.setFillColorRGB(0, 0, 0)
        canvas.setFont(chance.choice(("Times-Bold", "Courier", "Helvetica-Oblique")), 11)
        for row in range(10):
            canvas.saveState()
            canvas.translate(50, 300 - 14 * row)
            canvas.rotate(chance.choice((0, 0, 1.5, 30)))
            canvas.drawString(0, 0, f"  • Meta {row}: 12,4 % de las mujeres; ¿año? \xa0")
            canvas.restoreState()
        if page % 4 == 3:
            canvas.setPageRotation(90 * (page % 16 // 4 + 1))
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def read(content, kind, monkeypatch):
    monkeypatch.setattr(pdf_page, "text_page", lambda: kind)
    pages, rules, words = [], [], []
    with pypdfium2.PdfDocument(content) as document:
        for index in range(len(document)):
            pages.append(pdf_page.read_page(document, index))
            if not pages[-1].failed:
                with loaded(document, index) as handles:
                    asked = kind(*handles)
                    rules.append(asked.rules())
                    words.append([list(asked.words(line)) for line in asked.lines()])
    return pages, rules, words


def assert_same(content, monkeypatch):
    both = [read(content, kind, monkeypatch) for kind in (TextPage, native.NativeTextPage)]
    assert repr(both[0]) == repr(both[1])  # of numbers, too: -0.0 is not 0.0
    return both[0][0]


def test_a_real_plan_is_read_the_same(monkeypatch):
    pages = assert_same(REAL_PLAN, monkeypatch)
    assert sum(len(page.grids) for page in pages) > 50


def test_every_way_to_draw_is_read_the_same(monkeypatch):
    pages = assert_same(drawing(), monkeypatch)
    assert any(page.grids for page in pages)
    assert {line.bold for page in pages for line in page.lines} == {True, False}
    assert {line.level for page in pages for line in page.lines} == {True, False}


@pytest.mark.parametrize(
    "content",
    [
        blank_pdf(2),
        lines_pdf([["Una línea.", "  ", "mixta \U0001f600 y más allá del plano básico"], []]),
        plan_pdf([paragraph(SENTENCE * 9), ruled_table([["Programa", "Meta"], ["Mujer", "120"]], [60, 30])]),
        *(sideways_pdf(rotation) for rotation in (90, 180, 270)),
    ],
    ids=("blank", "lines", "table", "90", "180", "270"),
)
def test_made_pages_are_read_the_same(content, monkeypatch):
    assert_same(content, monkeypatch)


@pytest.mark.parametrize("seed", range(30))
def test_damaged_pages_are_read_the_same(seed, monkeypatch):
    chance = random.Random(seed)
    content = bytearray(drawing())
    for _ in range(chance.randrange(1, 40)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    try:
        pypdfium2.PdfDocument(bytes(content)).close()
    except pypdfium2.PdfiumError:
        return  # refused before any page is read
    assert_same(bytes(content), monkeypatch)


def test_a_process_uses_the_reader_that_was_built():
    assert pdf_page.text_page() is native.NativeTextPage


def test_a_reader_that_does_not_load_is_done_without(tmp_path, monkeypatch):
    monkeypatch.setattr(native, "FOLDER", tmp_path)
    assert native.library.__wrapped__() is None
    native.path().write_bytes(b"no library")
    assert native.library.__wrapped__() is None


def test_building_leaves_one_reader_and_no_half_of_one(tmp_path, monkeypatch):
    for module in (native, build):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    (tmp_path / "pagereader-0.so").touch()
    with pytest.raises(subprocess.CalledProcessError):
        build.build(shutil.which("false"))
    assert [file.name for file in tmp_path.iterdir()] == ["pagereader-0.so"]
    assert build.build(build.compiler()) == native.path()
    assert list(tmp_path.iterdir()) == [native.path()]
    assert native.library.__wrapped__() is not None


@pytest.mark.parametrize(("options", "status"), [((), 1), (("--if-possible",), 0)])
def test_without_a_compiler_it_says_what_that_costs(options, status, tmp_path):
    command = [sys.executable, "-m", "decalogo.evaluation.pdf.build", *options]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert "no C compiler" in done.stderr
