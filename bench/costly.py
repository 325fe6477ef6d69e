"""Generators of files that cost much per byte, one function per kind; `bench/cost_search.py` varies their numbers.

Each generator takes whole numbers and returns a file. The bounds of the numbers are in ``KINDS``.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import NamedTuple

from PIL import Image

from costly_pdf import (
    pdf_clips,
    pdf_font_file,
    pdf_forms,
    pdf_image,
    pdf_layers,
    pdf_long_lines,
    pdf_masks,
    pdf_mesh,
    pdf_notes,
    pdf_paths,
    pdf_rules,
    pdf_shading,
    pdf_text,
    pdf_tiles,
    pdf_type3,
    pdf_unicode,
    pdf_widths,
)

WORDS = "La meta es 120 casos en 2019. "
Generator = Callable[..., bytes]


class Kind(NamedTuple):
    """A generator, and the least and greatest value of each of its numbers."""

    make: Generator
    bounds: tuple[tuple[int, int], ...]


def zipped(members: dict[str, str]) -> bytes:
    """Return a ZIP file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return target.getvalue()


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(rows: int, cells: int, depth: int, length: int) -> bytes:
    """Tables within tables."""
    row = "<w:tr>" + f"<w:tc><w:p><w:r><w:t>{WORDS * length}</w:t></w:r></w:p></w:tc>" * cells + "</w:tr>"
    table = "<w:tbl><w:tr><w:tc>" * depth + f"<w:tbl>{row * rows}</w:tbl>" + "</w:tc></w:tr></w:tbl>" * depth
    return zipped({"word/document.xml": f"<w:document {_W}><w:body>{table}</w:body></w:document>"})


def docx_paragraphs(paragraphs: int, runs: int, length: int) -> bytes:
    """Paragraphs of many runs."""
    run = f"<w:r><w:t>{WORDS * length}</w:t></w:r>"
    body = f"<w:p>{run * runs}</w:p>" * paragraphs
    return zipped({"word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>"})


_O = "urn:oasis:names:tc:opendocument:xmlns"
_ODF = f'xmlns:o="{_O}:office:1.0" xmlns:t="{_O}:text:1.0" xmlns:b="{_O}:table:1.0"'


def odf(rows: int, cells: int, row_times: int, cell_times: int, sheets: int) -> bytes:
    """Repeated rows and cells."""
    cell = f'<b:table-cell b:number-columns-repeated="{cell_times}"><t:p>{WORDS}</t:p></b:table-cell>'
    row = f'<b:table-row b:number-rows-repeated="{row_times}">{cell * cells}</b:table-row>'
    content = f"<o:document-content {_ODF}>{f'<b:table>{row * rows}</b:table>' * sheets}</o:document-content>"
    return zipped({"mimetype": f"application/vnd.oasis.opendocument.{'spreadsheet' if sheets > 1 else 'text'}",
                   "content.xml": content})  # fmt: skip


def odt_spaces(paragraphs: int, spaces: int, depth: int) -> bytes:
    """Repeated blanks, and lists within lists."""
    text = f'<t:p>meta<t:s t:c="{spaces}"/>meta</t:p>'
    body = "<t:list><t:list-item>" * depth + text * paragraphs + "</t:list-item></t:list>" * depth
    content = f"<o:document-content {_ODF}>{body}</o:document-content>"
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


_X = "http://schemas.openxmlformats.org"


def xlsx(rows: int, cells: int, strings: int, length: int, merges: int) -> bytes:
    """Cells that share long texts, and merged cells."""
    link = f'<Relationship Id="a" Type="{_X}/officeDocument/2006/relationships/{{}}" Target="{{}}"/>'
    rels = f'<Relationships xmlns="{_X}/package/2006/relationships">{{}}</Relationships>'
    row = "<row>" + '<c t="s"><v>0</v></c>' * cells + "</row>"
    merged = "".join(f'<mergeCell ref="A{n + 1}:XFD{n + 9}"/>' for n in range(merges))
    s = f'xmlns="{_X}/spreadsheetml/2006/main"'
    cells_and_merges = f"<sheetData>{row * rows}</sheetData><mergeCells>{merged}</mergeCells>"
    strings_link = link.format("sharedStrings", "strings.xml").replace('"a"', '"c"')
    return zipped({
        "_rels/.rels": rels.format(link.format("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {s} xmlns:r="{_X}/officeDocument/2006/relationships">'
                           '<sheets><sheet name="a" r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": rels.format(link.format("worksheet", "sheet.xml") + strings_link),
        "xl/sheet.xml": f"<worksheet {s}>{cells_and_merges}</worksheet>",
        "xl/strings.xml": f"<sst {s}>" + f"<si><t>{WORDS * length}</t></si>" * strings + "</sst>",
    })  # fmt: skip


def html(depth: int, rows: int, cells: int, span: int) -> bytes:
    """Nested elements and tables with spans."""
    row = "<tr>" + f"<td rowspan={span} colspan={span}>meta" * cells
    return ("<html>" + "<div><b>" * depth + "<table>" + row * rows + f"</table><p>{WORDS}").encode()


def html_styles(rules: int, elements: int, classes: int) -> bytes:
    """Many rules of style for many elements."""
    sheet = "".join(f".a{n} .b{n} p{{display:none}}" for n in range(rules))
    names = " ".join(f"a{n}" for n in range(classes))
    paragraph = f"<p class='{names}'>{WORDS}</p>"
    return f"<html><style>{sheet}</style>{paragraph * elements}".encode()


def rtf(depth: int, rows: int, cells: int, words: int) -> bytes:
    """Groups within groups, and rows of cells."""
    row = rb"\trowd" + b"".join(rb"\cellx%d" % n for n in range(1, cells + 1))
    row += rb"\intbl " + rb"la meta\cell " * cells + rb"\row "
    return rb"{\rtf1\ansi " + b"{" * depth + rb"\b\i0 " * words + b"meta " + row * rows + b"}"


def mail(depth: int, parts: int, length: int) -> bytes:
    """Parts within parts."""
    head = b"From: a@b.c\nTo: c@d.e\nSubject: x\nMIME-Version: 1.0\n"
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth))
    leaf = b"Content-Type: text/html\n\n<p>" + WORDS.encode() * length + b"\n--b%d\n" % (depth - 1)
    return head + nested + leaf * parts


def mail_headers(fields: int, marks: int, words: int) -> bytes:
    """Parameters, encoded words and pieces of a file name in the headers of a part."""
    value = b"; a=" * marks + b'; b="' + b";" * marks + b'"; filename="' + b"=?utf-8?q?a?= " * words + b'"'
    value += b"".join(b"; name*%d*=a" % n for n in range(words))
    head = b"From: a@b.c\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
    return head + (b"Content-Disposition: attachment" + value + b"\n") * fields + b"\n" + WORDS.encode() + b"\n--b--\n"


_MARKS = (
    "<!--",
    "<![",
    "<?a",
    "</",
    "<a ",
    "&#1",
    '<a b="',
    "<style>",
    "<title>",
    "<svg>",
    "<table><tr><td>",
    "<select>",
)


def html_marks(first: int, second: int, times: int, inner: int) -> bytes:
    """Marks that open something, in the body and in a style sheet."""
    one, other = _MARKS[first - 1], _MARKS[second - 1]
    sheet = "/* " * inner + "a{" * inner + "p " * inner
    return f"<html><style>{sheet}</style><p>{WORDS}{one * times}{other * times}{(one + other) * times}".encode()


def pptx(slides: int, shapes: int, depth: int, length: int) -> bytes:
    """Slides of nested groups of shapes."""
    a, q = f"{_X}/drawingml/2006/main", f"{_X}/presentationml/2006/main"
    shape = f"<p:sp><p:txBody><a:p><a:r><a:t>{WORDS * length}</a:t></a:r></a:p></p:txBody></p:sp>"
    tree = "<p:grpSp>" * depth + shape * shapes + "</p:grpSp>" * depth
    slide = f'<p:sld xmlns:p="{q}" xmlns:a="{a}"><p:cSld><p:spTree>{tree}</p:spTree></p:cSld></p:sld>'
    rels = f'<Relationships xmlns="{_X}/package/2006/relationships">{{}}</Relationships>'
    link = f'<Relationship Id="r{{0}}" Type="{_X}/officeDocument/2006/relationships/{{1}}" Target="{{2}}"/>'
    r = f"{_X}/officeDocument/2006/relationships"
    shown = "".join(f'<p:sldId id="{256 + n}" r:id="r{n}"/>' for n in range(slides))
    return zipped({
        "_rels/.rels": rels.format(link.format(0, "officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{q}" xmlns:r="{r}"><p:sldIdLst>{shown}</p:sldIdLst>'
                                "</p:presentation>",
        "ppt/_rels/presentation.xml.rels": rels.format(
            "".join(link.format(n, "slide", "slides/s.xml") for n in range(slides))),
        "ppt/slides/s.xml": slide,
    })  # fmt: skip


def epub(chapters: int, depth: int, times: int) -> bytes:
    """Chapters that are the same file."""
    items = "".join(f'<item id="c{n}" href="c.xhtml" media-type="application/xhtml+xml"/>' for n in range(chapters))
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(chapters))
    text = "<div>" * depth + f"<p>{WORDS}</p>" * times + "</div>" * depth
    return zipped({
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
                                  '<rootfile full-path="a.opf"/></rootfiles></container>',
        "a.opf": f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}</spine>'
                 "</package>",
        "c.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{text}</body></html>',
    })  # fmt: skip


def picture(wide: int, high: int, kind: int, stripes: int) -> bytes:
    """A picture of many pixels in a small file."""
    mode = ("1", "L", "RGB", "RGBA", "I;16")[kind % 5]
    frame = Image.new(mode, (wide, high))
    for row in range(0, high, max(1, high // stripes)):
        frame.paste(1, (0, row, wide, row + 1))
    target = io.BytesIO()
    form = "JPEG" if kind > 5 and mode in ("L", "RGB") else "PNG"
    frame.save(target, form)
    return target.getvalue()


def text(lines: int, words: int, stops: int, marks: int) -> bytes:
    """Lines, list items and headings."""
    line = "- " * marks + "Meta " * words + ". " * stops + "\n"
    return (line * lines + "1.1 CAPÍTULO\n" * lines + WORDS).encode()


def markdown(rows: int, cells: int, depth: int) -> bytes:
    """Tables, quotes and emphasis."""
    row = "|" + " meta |" * cells + "\n"
    return f"# Plan\n\n{row}{'|---' * cells}|\n{row * rows}\n\n{'> ' * depth}{'*' * depth}meta\n\n{WORDS}".encode()


def image(side: int, marks: int, frames: int) -> bytes:
    """Scanned pages full of specks."""
    seed = bytes((n * n * 31 + n * 17) % 251 for n in range(997))
    pixels = (seed * (side * side // len(seed) + 1))[: side * side]
    frame = (
        Image.frombytes("L", (side, side), pixels)
        .point([255 if level > marks else 0 for level in range(256)])
        .convert("1")
    )
    target = io.BytesIO()
    frame.save(target, "TIFF", compression="tiff_deflate", save_all=True, append_images=[frame] * (frames - 1))
    return target.getvalue()


_PAGES = (1, 4000)
KINDS: dict[str, Kind] = {
    "pdf text": Kind(pdf_text, (_PAGES, (1, 300_000), (1, 99), (1, 99))),
    "pdf long lines": Kind(pdf_long_lines, (_PAGES, (1, 700), (1, 100_000))),
    "pdf rules": Kind(pdf_rules, (_PAGES, (1, 3000), (1, 3000), (1, 50_000))),
    "pdf paths": Kind(pdf_paths, (_PAGES, (1, 300_000), (1, 300_000))),
    "pdf clips": Kind(pdf_clips, (_PAGES, (1, 50_000), (1, 50_000))),
    "pdf forms": Kind(pdf_forms, (_PAGES, (1, 12), (1, 1000), (1, 50_000))),
    "pdf unicode": Kind(pdf_unicode, (_PAGES, (1, 300_000), (1, 5000), (1, 300_000))),
    "pdf widths": Kind(pdf_widths, (_PAGES, (1, 200_000), (1, 3000))),
    "pdf font file": Kind(pdf_font_file, (_PAGES, (1, 900), (1, 300))),
    "pdf type 3": Kind(pdf_type3, (_PAGES, (1, 300_000), (1, 50_000))),
    "pdf image": Kind(pdf_image, ((1, 40), (10, 30_000), (1, 2000))),
    "pdf tiles": Kind(pdf_tiles, ((1, 40), (1, 999), (1, 100_000))),
    "pdf shading": Kind(pdf_shading, ((1, 40), (1, 2000), (1, 50_000))),
    "pdf mesh": Kind(pdf_mesh, ((1, 40), (1, 100_000), (4, 7))),
    "pdf masks": Kind(pdf_masks, ((1, 40), (1, 3000), (1, 15), (1, 100))),
    "pdf notes": Kind(pdf_notes, (_PAGES, (1, 100_000), (1, 5000))),
    "pdf layers": Kind(pdf_layers, (_PAGES, (1, 5_000_000))),
    "docx tables": Kind(docx, ((1, 100_000), (1, 1000), (1, 500), (1, 1000))),
    "docx paragraphs": Kind(docx_paragraphs, ((1, 400_000), (1, 100_000), (1, 100_000))),
    "odf repeats": Kind(odf, ((1, 10_000), (1, 1000), (1, 100_000), (1, 16_000), (1, 100))),
    "odt blanks": Kind(odt_spaces, ((1, 300_000), (1, 1_000_000), (1, 900))),
    "xlsx": Kind(xlsx, ((1, 300_000), (1, 16_000), (1, 1000), (1, 100_000), (1, 30_000))),
    "html nested": Kind(html, ((1, 100_000), (1, 10_000), (1, 1000), (1, 1000))),
    "html styles": Kind(html_styles, ((1, 10_000), (1, 10_000), (1, 1000))),
    "rtf": Kind(rtf, ((1, 500_000), (1, 10_000), (1, 1000), (1, 200_000))),
    "mail": Kind(mail, ((1, 2000), (1, 2000), (1, 20_000))),
    "mail headers": Kind(mail_headers, ((1, 2000), (1, 200_000), (1, 50_000))),
    "html marks": Kind(html_marks, ((1, 12), (1, 12), (1, 100_000), (1, 100_000))),
    "pptx": Kind(pptx, ((1, 5000), (1, 50_000), (1, 500), (1, 10_000))),
    "epub": Kind(epub, ((1, 5000), (1, 1000), (1, 100_000))),
    "picture": Kind(picture, ((10, 20_000), (10, 20_000), (1, 10), (1, 2000))),
    "text": Kind(text, ((1, 100_000), (1, 100_000), (1, 100_000), (1, 1000))),
    "markdown": Kind(markdown, ((1, 50_000), (1, 1000), (1, 5000))),
    "image": Kind(image, ((50, 4000), (1, 254), (1, 100))),
}
"""Generators by name; the first word is the format."""
