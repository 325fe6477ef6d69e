"""Inputs made to cost time: each must end soon, as a result or as a document error."""

import io
import time
from contextlib import suppress

import pytest
from reportlab.pdfgen.canvas import Canvas

from decalogo.errors import DocumentError, DocumentTooLargeError
from decalogo.evaluation.extract import extract

MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "content",
    [
        "." * MEGABYTE + "x",
        "a" + "." * 50_000 + " x\n" + ". " * 50_000 + "x",
        "palabra" + "\xad" + " " * MEGABYTE + ".",
        "a-" + " " * MEGABYTE + "\n",
        "-\n" * 100_000,
        "a-\n" * 100_000,
        "1" * MEGABYTE,
        "1\n" * 100_000,
        "\n".join(f"{n} Plan de desarrollo" for n in range(50_000)),
        "A" * MEGABYTE,
        "• " * 100_000,
        "CAPÍTULO I\n" * 60_000,
        "e\u0301" * 100_000,
        "Meta\t2024\t100 %\n" * 40_000,
        "(" * 100_000,
        "- " * 100_000 + "1",
        "Programa " + "x " * 100_000,
        "<!---->" * 50_000,
        "<html>" + "<table><tr><td>" * 50_000,
        "<html><table>" + "<tr><td rowspan=99 colspan=99>a" * 20_000,
        "<html>" + "&amp;<" * 100_000,
    ],
    ids=range(21),
)
def test_a_text_made_to_be_slow_is_read_in_seconds(content):
    started = time.process_time()
    with suppress(DocumentError):
        extract(content.encode())
    assert time.process_time() - started < 20


@pytest.mark.parametrize("count", [140, 600, 4000])
def test_a_page_crossed_by_lines_is_read_in_seconds(count):
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    for n in range(count):
        canvas.line(0, n * 800 / count, 600, n * 800 / count)
        canvas.line(n * 600 / count, 0, n * 600 / count, 800)
    canvas.drawString(100, 100, "La tasa fue de 12 casos en el municipio.")
    canvas.save()
    started = time.process_time()
    assert extract(buffer.getvalue()).tables == ()
    assert time.process_time() - started < 10


def test_a_text_too_long_for_its_pages_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "largo.txt"
    path.write_bytes(b"a " * 50_000)
    with pytest.raises(DocumentTooLargeError, match="100,000 bytes"):
        extract(path, max_pages=10)
