"""Inputs made to cost time: each must end soon, as a result or as a document error."""

import io
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path

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


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in members.items():
            writer.writestr(name, content)
    return buffer.getvalue()


def _pages(count: int) -> bytes:
    """Return a PDF that says it has so many pages: every one is the same object."""
    kids = b"3 0 R " * count
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    ]
    return _pdf(objects)


def _deep_tree(depth: int) -> bytes:
    """Return a PDF whose page stands so many levels down in the tree of pages."""
    nodes = [b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % (number + 3) for number in range(depth)]
    return _pdf([b"<</Type/Catalog/Pages 2 0 R>>", *nodes, b"<</Type/Page/MediaBox[0 0 9 9]>>"])


def _pdf(objects: list[bytes]) -> bytes:
    body, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%sendobj\n" % (number, text)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
NESTED_MAIL = b"".join(
    b'From: a@b\nTo: c@d\nSubject: x\nContent-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n)
    for n in range(3000)
)
HOSTILE = {
    "a DOCX that unpacks to 400 MB": lambda: _zip({"word/document.xml": b"<w>" + bytes(400 << 20)}),
    "entities that expand to a billion words": lambda: _zip(
        {"word/document.xml": f'<!DOCTYPE x [<!ENTITY a0 "ja">{LAUGHS}]><x>&a11;</x>'.encode()}
    ),
    "a ZIP inside a ZIP inside a ZIP": lambda: _zip({"a.zip": _zip({"b.zip": _zip({"c.txt": b"x" * 100_000})})}),
    "a ZIP of 100,000 members": lambda: _zip({f"{n}": b"" for n in range(100_000)}),
    "a PDF of 100,000 pages": lambda: _pages(100_000),
    "a page 50,000 levels down": lambda: _deep_tree(50_000),
    "a PDF whose arrays are nested a million deep": lambda: _pdf([b"<</Type/Catalog/Pages " + b"[" * MEGABYTE + b">>"]),
    "XML nested 300,000 deep": lambda: _zip(
        {"word/document.xml": f'<w:p xmlns:w="{WORD}">'.encode() + b"<w:p>" * 300_000}
    ),
    "HTML nested 300,000 deep": lambda: b"<html>" + b"<div><b>" * 150_000 + b"x",
    "RTF nested 500,000 deep": lambda: b"{\\rtf1" + b"{" * 500_000 + b"x",
    "mail nested 3,000 deep": lambda: NESTED_MAIL,
}
_CHILD = """
import re, sys, time
sys.path.insert(0, sys.argv[2])
from decalogo.errors import DocumentError
from decalogo.evaluation.extract import extract
from pathlib import Path
try:
    extract(Path(sys.argv[1]))
    print("read", end=" ")
except DocumentError as error:
    print("refused", end=" ")
status = Path("/proc/self/status").read_text()
print(re.search(r"VmHWM:\\s+(\\d+) kB", status).group(1), time.process_time())
"""


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.timeout(300)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_what_is_made_to_break_the_reader_ends_within_a_budget(name, tmp_path):
    """Each in a process of its own: what it cost is seen, and a crash would be."""
    path = tmp_path / "hostile"
    path.write_bytes(HOSTILE[name]())
    source = str(Path(__file__).parents[3] / "src")
    done = subprocess.run([sys.executable, "-c", _CHILD, path, source], capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr[-2000:]
    outcome, kib, seconds = done.stdout.split()
    assert outcome in {"read", "refused"}
    assert int(kib) < 500 << 10
    assert float(seconds) < 20
