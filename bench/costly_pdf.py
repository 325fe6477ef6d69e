"""Generators of PDF files that cost much per byte; see `bench/costly.py`."""

from __future__ import annotations

import io
import zlib


def pdf(pages: int, content: bytes, *, resources: bytes = b"", page: bytes = b"", box: bytes = b"[0 0 600 800]",
        objects: dict[int, bytes] | None = None) -> bytes:  # fmt: skip
    """Return a PDF whose pages share one content stream, with its objects packed; ``/F1`` is object 3."""
    import pikepdf

    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    packed = zlib.compress(content, 9)
    written = {
        1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [] >> >>",
        3: font,
        4: b"<< /Length %d /Filter /FlateDecode >> stream\n%s\nendstream" % (len(packed), packed),
        **(objects or {}),
    }
    shared = b"/MediaBox " + box + b" /Contents 4 0 R /Resources << /Font << /F1 3 0 R >> " + resources + b" >> " + page
    first = max(written) + 1
    for number in range(first, first + pages):
        written[number] = b"<< /Type /Page /Parent 2 0 R " + shared + b" >>"
    kids = b" ".join(b"%d 0 R" % number for number in range(first, first + pages))
    written[2] = b"<< /Type /Pages /Count %d /Kids [" % pages + kids + b"] >>"
    body, places = bytearray(b"%PDF-1.7\n"), {}
    for number, text in sorted(written.items()):
        places[number] = len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    size, start = first + pages, len(body)
    body += b"xref\n0 %d\n" % size
    body += b"".join(b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n" for n in range(size))
    body += b"trailer << /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF" % (size, start)
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(bytes(body)), suppress_warnings=True) as document:
        document.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate, recompress_flate=False)
    return target.getvalue()


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """Return a packed stream object."""
    packed = zlib.compress(data, 9)
    return b"<< %s /Filter /FlateDecode /Length %d >> stream\n%s\nendstream" % (entries, len(packed), packed)


def pdf_text(pages: int, strings: int, step: int, rise: int) -> bytes:
    """Text objects one after another, in any direction."""
    shown = b"BT /F1 9 Tf 300 400 Td " + b"(ab) Tj %d %d Td " % (step - 50, rise - 50) * strings + b"ET"
    return pdf(pages, shown, box=b"[0 0 14000 14000]")


def pdf_long_lines(pages: int, strings: int, length: int) -> bytes:
    """Few text objects of many characters."""
    shown = b"".join(b"1 0 0 1 9 %d Tm (%s) Tj " % (700 - n, b"la meta " * length) for n in range(strings))
    return pdf(pages, b"BT /F1 2 Tf " + shown + b"ET")


def pdf_rules(pages: int, across: int, down: int, words: int) -> bytes:
    """Ruling lines that make a table of many cells, and words in it."""
    lines = b"".join(b"0 %d m 600 %d l S\n" % (n * 800 // across, n * 800 // across) for n in range(across))
    lines += b"".join(b"%d 0 m %d 800 l S\n" % (n * 600 // down, n * 600 // down) for n in range(down))
    text = b"".join(b"1 0 0 1 %d %d Tm (meta) Tj " % (n * 37 % 590, n * 53 % 790) for n in range(words))
    return pdf(pages, lines + b"BT /F1 3 Tf " + text + b"ET")


def pdf_paths(pages: int, paths: int, segments: int) -> bytes:
    """Paths of many segments."""
    return pdf(pages, (b"9 9 m " + b"99 99 l 9 99 l " * segments + b"B ") * paths)


def pdf_clips(pages: int, depth: int, segments: int) -> bytes:
    """Clipping paths within each other, and text under each."""
    path = b"0 0 m " + b"600 0 l 600 800 l 0 9 l " * segments
    return pdf(pages, (b"q " + path + b"W n BT /F1 9 Tf 9 9 Td (a) Tj ET ") * depth)


def pdf_forms(pages: int, depth: int, fan: int, strings: int) -> bytes:
    """Forms that draw forms."""
    inner = b"BT /F1 9 Tf 9 9 Td " + b"(la meta) Tj " * strings + b"ET"
    res = b"/Resources << /Font << /F1 3 0 R >> /XObject << /A %d 0 R >> >>"
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] "
    objects = {10 + n: stream(b"/A Do " * fan, form + res % (11 + n)) for n in range(depth)}
    objects[10 + depth] = stream(inner, form + res % 10)
    return pdf(pages, b"/A Do " * fan, resources=b"/XObject << /A 10 0 R >>", objects=objects)


def pdf_unicode(pages: int, ranges: int, length: int, shown: int) -> bytes:
    """A font whose table of characters is large, or gives long texts for one code."""
    rows = b"".join(b"<0000> <ffff> <0041>\n" for _ in range(ranges))
    table = b"%d beginbfrange\n%sendbfrange\n1 beginbfchar\n<61> <%s>\nendbfchar\n" % (ranges, rows, b"0062" * length)
    head = b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange\n"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 10 0 R >>"
    return pdf(pages, b"BT /F1 2 Tf (" + b"a" * shown + b") Tj ET", objects={3: font, 10: stream(head + table)})


def pdf_widths(pages: int, ranges: int, fonts: int) -> bytes:
    """Composite fonts with many widths."""
    inside = b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A /CIDSystemInfo << /Registry (Adobe) /Ordering "
    inside += b"(Identity) /Supplement 0 >> /FontDescriptor 12 0 R /W [" + b"0 65535 500 " * ranges + b"] >>"
    outer = b"<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H /DescendantFonts [10 0 R] >>"
    names = b" ".join(b"/G%d %d 0 R" % (n, 20 + n) for n in range(fonts))
    objects = {10: inside, 12: b"<< /Type /FontDescriptor /FontName /A /Flags 4 >>"}
    objects |= {20 + n: outer for n in range(fonts)}
    shown = b"".join(b"/G%d 9 Tf (abcd) Tj " % n for n in range(fonts))
    resources = b"/Font << /F1 3 0 R " + names + b" >>"
    return pdf(pages, b"BT " + shown + b"ET", resources=resources, objects=objects)


def pdf_font_file(pages: int, mebibytes: int, fonts: int) -> bytes:
    """Fonts whose program unpacks to many bytes."""
    objects = {10: stream(bytes(mebibytes << 20))}
    for n in range(fonts):
        objects[20 + 2 * n] = b"<< /Type /FontDescriptor /FontName /A%d /Flags 4 /FontFile2 10 0 R >>" % n
        objects[21 + 2 * n] = b"<< /Type /Font /Subtype /TrueType /BaseFont /A%d /FontDescriptor %d 0 R >>" % (
            n,
            20 + 2 * n,
        )
    names = b" ".join(b"/G%d %d 0 R" % (n, 21 + 2 * n) for n in range(fonts))
    shown = b"".join(b"/G%d 9 Tf (abcd) Tj " % n for n in range(fonts))
    return pdf(pages, b"BT " + shown + b"ET", resources=b"/Font << " + names + b" >>", objects=objects)


def pdf_type3(pages: int, glyphs: int, strings: int) -> bytes:
    """A font whose letters are drawings."""
    font = b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0] /FirstChar 97 /LastChar 97"
    font += b" /Widths [9] /Encoding << /Differences [97 /a] >> /CharProcs << /a 10 0 R >> >>"
    drawn = stream(b"9 0 0 0 9 9 d1 " + b"0 0 9 9 re f " * glyphs)
    shown = b"BT /F1 1 Tf " + b"(" + b"a" * 50 + b") Tj " * strings + b"ET"
    return pdf(pages, shown, objects={3: font, 10: drawn})


def pdf_image(pages: int, side: int, images: int) -> bytes:
    """Pages without text that show images of many pixels."""
    image = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 1" % (
        side,
        side,
    )
    rows = b"\x55" * ((side + 7) // 8) * side
    draw = b"".join(b"q %d 0 0 %d 9 9 cm /I Do Q " % (590 - n % 99, 790 - n % 99) for n in range(images))
    return pdf(pages, draw, resources=b"/XObject << /I 10 0 R >>", objects={10: stream(rows, image)})


def pdf_tiles(pages: int, step: int, marks: int) -> bytes:
    """A page without text, filled by a pattern of small tiles."""
    entries = b"/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep .%03d /YStep .%03d /Resources << >>"
    tile = stream(b"0 0 1 1 re f 1 0 0 rg 2 2 3 3 re f " * marks, entries % (step, step))
    return pdf(pages, b"/Pattern cs /P scn 0 0 600 800 re f", resources=b"/Pattern << /P 10 0 R >>", objects={10: tile})


def pdf_shading(pages: int, times: int, depth: int) -> bytes:
    """A page without text, filled by shadings whose colour is computed."""
    body = b"{ " + b"dup mul sqrt " * depth + b"pop }"
    function = stream(body, b"/FunctionType 4 /Domain [0 600 0 800] /Range [0 1]")
    shading = b"<< /ShadingType 1 /ColorSpace /DeviceGray /Domain [0 600 0 800] /Function 10 0 R >>"
    return pdf(pages, b"/S sh " * times, resources=b"/Shading << /S 11 0 R >>", objects={10: function, 11: shading})


def pdf_mesh(pages: int, patches: int, kind: int) -> bytes:
    """A page without text, filled by a mesh of triangles or patches."""
    entries = b"/ShadingType %d /ColorSpace /DeviceGray /BitsPerCoordinate 8 /BitsPerComponent 8 /BitsPerFlag 8 " % kind
    entries += b"/VerticesPerRow 20 /Decode [0 600 0 800 0 1]"
    points = bytes((n * 97) % 256 for n in range(36))
    mesh = stream((b"\0" + points) * patches, entries)
    return pdf(pages, b"/S sh", resources=b"/Shading << /S 10 0 R >>", objects={10: mesh})


def pdf_masks(pages: int, objects: int, depth: int, fan: int) -> bytes:
    """Objects under masks, and groups within groups, on a page without text."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] /Group << /S /Transparency /I true >> /Resources << "
    form += b"/ExtGState << /G << /ca .5 >> >> /XObject << /A %d 0 R >> >>"
    drawn = {10 + n: stream(b"/G gs " + b"/A Do " * fan, form % (11 + n)) for n in range(depth)}
    drawn[10 + depth] = stream(b"0 0 99 99 re f", form % 9)
    mask = b"/ExtGState << /M << /SMask << /S /Luminosity /G 10 0 R >> >> >> /XObject << /A 10 0 R >>"
    return pdf(pages, b"/M gs " + b"0 0 600 800 re f " * objects + b"/A Do", resources=mask, objects=drawn)


def pdf_notes(pages: int, notes: int, length: int) -> bytes:
    """Pages that share annotations with typed text."""
    text = b"/Contents (" + b"meta " * length + b")"
    note = b"<< /Type /Annot /Subtype /FreeText /Rect [9 9 99 99] " + text + b" >>"
    return pdf(
        pages, b"BT /F1 9 Tf 9 9 Td (la meta) Tj ET", page=b"/Annots [" + b"10 0 R " * notes + b"]", objects={10: note}
    )


def pdf_layers(pages: int, marks: int) -> bytes:
    """Hidden layers in a long content stream."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R /OCProperties << /OCGs [10 0 R] /D << /OFF [10 0 R] >> >> >>",
        10: b"<< /Type /OCG /Name (a) >>",
    }
    content = b"/OC /H BDC BT /F1 9 Tf 9 9 Td (x) Tj ET EMC " + b"0 g " * marks + b"BT /F1 9 Tf (la meta) Tj ET"
    return pdf(pages, content, resources=b"/Properties << /H 10 0 R >>", objects=objects)
