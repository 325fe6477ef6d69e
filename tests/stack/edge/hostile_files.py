"""Documents of a few kilobytes that would hold a worker."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def stream(data: bytes, entries: bytes = b"") -> bytes:
    packed = zlib.compress(data, 9)
    return b"<< %s /Filter /FlateDecode /Length %d >> stream\n%s\nendstream" % (entries, len(packed), packed)


def pdf(content: bytes, pages: int = 1, font: bytes = b"", resources: bytes = b"", **objects: bytes) -> bytes:
    """Return a PDF whose pages have the same content; objects are named by their numbers."""
    helvetica = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica %s >>" % font
    shared = b"/MediaBox [0 0 600 800] /Resources << /Font << /F1 3 0 R >> %s >>" % resources
    written = {1: b"<< /Type /Catalog /Pages 2 0 R >>", 3: helvetica}
    written |= {int(name[1:]): text for name, text in objects.items()}
    kids = range(100, 100 + pages)
    written |= {kid: b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R %s >>" % (kid + pages, shared) for kid in kids}
    written |= dict.fromkeys(range(100 + pages, 100 + 2 * pages), stream(content))
    listed = b" ".join(b"%d 0 R" % number for number in kids)
    written[2] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, listed)
    body, places = b"%PDF-1.7\n", {}
    for number, text in sorted(written.items()):
        places[number] = len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    size = max(written) + 1
    table = b"".join(b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n" for n in range(size))
    return body + b"xref\n0 %d\n%strailer << /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF" % (
        size, table, size, len(body),
    )  # fmt: skip


def docx(body: str) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document {WORD}><w:body>{body}</w:body></w:document>")
    return target.getvalue()


FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << /XObject << /A 10 0 R >> >>"
TABLE = b"1 beginbfchar\n<61> <" + b"0062" * 5000 + b">\nendbfchar"
HOSTILE: dict[str, Callable[[], bytes]] = {
    "backwards.pdf": lambda: pdf(b"BT /F1 .01 Tf 590 400 Td " + b"(ab) Tj -.01 0 Td " * 40_000 + b"ET"),
    "form.pdf": lambda: pdf(b"/A Do", resources=b"/XObject << /A 10 0 R >>", n10=stream(b"/A Do " * 9, FORM)),
    "path.pdf": lambda: pdf(b"9 9 m " + b"99 99 l " * 5_000_000 + b"S"),
    "letters.pdf": lambda: pdf(b"BT /F1 .001 Tf 9 400 Td " + (b"(" + b"a meta " * 500 + b") Tj ") * 2000 + b"ET"),
    "font.pdf": lambda: pdf(
        b"BT /F1 1 Tf (" + b"a" * 50_000 + b") Tj ET", font=b"/ToUnicode 10 0 R", n10=stream(TABLE)
    ),
    # This one passes the budgets: only the parent of the process ends it.
    "pages.pdf": lambda: pdf(b"BT /F1 .001 Tf 9 400 Td " + b"(abcdefgh) Tj 0 0 Td " * 100_000 + b"ET", pages=300),
    "rows.docx": lambda: docx("<w:tbl>" + "<w:tr/>" * 3_000_000 + "</w:tbl>"),
    "deep.docx": lambda: docx("<w:tbl><w:tr><w:tc>" * 300_000),
}
