"""PDFs written object by object, for what no library draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def raw_pdf(
    contents: bytes | Sequence[bytes],
    *,
    objects: Mapping[int, bytes] | None = None,
    page: bytes = b"",
    resources: bytes = b"",
    catalog: bytes = b"",
    media_box: bytes = b"[0 0 612 792]",
) -> bytes:
    """Return a PDF with one page per content stream; ``/F1`` is Helvetica.

    Args:
        contents: the content stream of each page.
        objects: further objects by number, from 100.
        page: more entries of every page.
        resources: more entries of the resources of every page.
        catalog: more entries of the catalogue.
        media_box: of every page.
    """
    streams = [contents] if isinstance(contents, bytes) else list(contents)
    kids = b" ".join(b"%d 0 R" % (10 + 2 * index) for index in range(len(streams)))
    written = {
        1: b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        2: b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % len(streams),
        3: HELVETICA,
        **(objects or {}),
    }
    for index, stream in enumerate(streams):
        written[10 + 2 * index] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox " + media_box + b" /Contents %d 0 R " % (11 + 2 * index)
            + b"/Resources << /Font << /F1 3 0 R >> " + resources + b" >> " + page + b" >>"
        )  # fmt: skip
        written[11 + 2 * index] = stream_object(stream)
    return assemble(written)


def stream_object(data: bytes, entries: bytes = b"") -> bytes:
    """Return a stream with its dictionary."""
    return b"<< " + entries + b" /Length %d >>\nstream\n" % len(data) + data + b"\nendstream"


def assemble(objects: Mapping[int, bytes]) -> bytes:
    """Return a file of numbered objects; the first is the catalogue."""
    body, places = bytearray(b"%PDF-1.7\n"), {}
    for number, text in sorted(objects.items()):
        places[number] = len(body)
        body += b"%d 0 obj\n" % number + text + b"\nendobj\n"
    start, last = len(body), max(objects)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (last + 1)
    for number in range(1, last + 1):
        body += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
    body += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (last + 1, start)
    return bytes(body)


def shown(text: str, x: float, y: float, size: float = 11) -> bytes:
    """Return the operators that show a text at a place."""
    coded = text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"BT /F1 %g Tf %g %g Td (" % (size, x, y) + coded + b") Tj ET\n"
