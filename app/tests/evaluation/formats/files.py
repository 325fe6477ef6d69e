"""Small office files made by hand, so that a test shows the markup it is about."""

from __future__ import annotations

import io
import zipfile

from decalogo.evaluation.documents.model import Extracted, PassageKind

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT_W = "http://purl.oclc.org/ooxml/wordprocessingml/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
ODF = " ".join(
    f'xmlns:{short}="{_ODF}:{name}:1.0"'
    for short, name in {
        "office": "office",
        "text": "text",
        "table": "table",
        "style": "style",
        "draw": "drawing",
        "fo": "xsl-fo-compatible",
        "svg": "svg-compatible",
        "presentation": "presentation",
    }.items()
)
RATE = "La tasa de mortalidad infantil fue de 12,4 por mil nacidos vivos en el año 2023."
GOAL = "La meta del cuatrienio es construir 35 aulas nuevas en la zona rural."


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A ZIP of the parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def relationships(*items: tuple[str, str, str]) -> str:
    """A ``.rels`` part of (id, last word of the type, target)."""
    inner = "".join(f'<Relationship Id="{key}" Type="{R}/{kind}" Target="{target}"/>' for key, kind, target in items)
    return f'<Relationships xmlns="{_RELS}">{inner}</Relationships>'


def content_types(**parts: str) -> str:
    """``[Content_Types].xml``; ``__`` is a slash in the names of parts, ``_`` a full stop."""
    inner = "".join(
        f'<Override PartName="/{name.replace("__", "/").replace("_", ".")}" ContentType="{kind}"/>'
        for name, kind in parts.items()
    )
    return f'<Types xmlns="{_TYPES}">{inner}</Types>'


def docx(body: str, parts: dict[str, str | bytes] | None = None, related: str = "", namespace: str = W) -> bytes:
    """A Word document; ``related`` are the relationships of its main part."""
    whole: dict[str, str | bytes] = {
        "_rels/.rels": relationships(("rId1", "officeDocument", "word/document.xml")),
        "word/document.xml": f'<w:document xmlns:w="{namespace}" xmlns:r="{R}"><w:body>{body}</w:body></w:document>',
    }
    if related:
        whole["word/_rels/document.xml.rels"] = related
    return zipped(whole | (parts or {}))


def p(text: str, properties: str = "") -> str:
    """A paragraph of Word."""
    return f'<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def run(text: str, properties: str = "") -> str:
    """A run of Word."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def odf(body: str, styles: str = "", kind: str = "text", mimetype: str = "") -> bytes:
    """An OpenDocument file; ``styles`` are its automatic styles."""
    content = (
        f'<office:document-content {ODF} xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    mimetype = mimetype or f"application/vnd.oasis.opendocument.{kind}"
    return zipped({"mimetype": mimetype, "content.xml": content})


def xlsx(*sheets: str, styles: str = "", texts: tuple[str, ...] = (), book: str = "", names: str = "") -> bytes:
    """A workbook; each sheet is the content of its ``worksheet`` element, ``names`` one name per sheet, by commas."""
    titles = names.split(",") if names else [f"Hoja{n}" for n in range(1, len(sheets) + 1)]
    tabs = "".join(f'<sheet name="{title}" sheetId="{n}" r:id="s{n}"/>' for n, title in enumerate(titles, 1))
    parts: dict[str, str | bytes] = {
        "_rels/.rels": relationships(("rId1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": book or f'<workbook xmlns="{S}" xmlns:r="{R}"><sheets>{tabs}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationships(
            *((f"s{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)),
            ("t", "sharedStrings", "sharedStrings.xml"),
            ("y", "styles", "styles.xml"),
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{S}">{"".join(f"<si>{text}</si>" for text in texts)}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{S}">{styles}</styleSheet>',
    }
    for number, sheet in enumerate(sheets, 1):
        parts[f"xl/worksheets/sheet{number}.xml"] = f'<worksheet xmlns="{S}">{sheet}</worksheet>'
    return zipped(parts)


def rows(*lines: tuple[str | float | None, ...], first: int = 1) -> str:
    """``sheetData`` whose cells hold the texts and numbers of the lines."""
    found = []
    for number, line in enumerate(lines, first):
        cells = "".join(
            f'<c r="{chr(65 + column)}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
            if isinstance(value, str)
            else f'<c r="{chr(65 + column)}{number}"><v>{value}</v></c>'
            for column, value in enumerate(line)
            if value is not None
        )
        found.append(f'<row r="{number}">{cells}</row>')
    return f"<sheetData>{''.join(found)}</sheetData>"


def pptx(*slides: str, parts: dict[str, str | bytes] | None = None) -> bytes:
    """A presentation; each slide is the content of its ``sld`` element or a whole slide."""
    order = "".join(f'<p:sldId id="{255 + n}" r:id="s{n}"/>' for n in range(1, len(slides) + 1))
    whole: dict[str, str | bytes] = {
        "_rels/.rels": relationships(("rId1", "officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{P}" xmlns:r="{R}"><p:sldIdLst>{order}</p:sldIdLst>'
        "</p:presentation>",
        "ppt/_rels/presentation.xml.rels": relationships(
            *((f"s{n}", "slide", f"slides/slide{n}.xml") for n in range(1, len(slides) + 1))
        ),
    }
    for number, slide in enumerate(slides, 1):
        content = slide if slide.startswith("<p:sld") else f"<p:sld>{slide}</p:sld>"
        whole[f"ppt/slides/slide{number}.xml"] = content.replace("<p:sld", f'<p:sld xmlns:p="{P}" xmlns:a="{A}"', 1)
    return zipped(whole | (parts or {}))


def shape(*paragraphs: str, kind: str = "") -> str:
    """A shape of a slide with paragraphs of text."""
    placeholder = f'<p:ph type="{kind}"/>' if kind else ""
    texts = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in paragraphs)
    return f"<p:sp><p:nvSpPr><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:txBody>{texts}</p:txBody></p:sp>"


def pages(document: Extracted) -> list[str]:
    """The texts of all pages, with paragraphs on lines of their own."""
    return [page.text.replace("\n\n", "\n") for page in document.pages]


def quotes(document: Extracted, kind: PassageKind) -> list[str]:
    """The texts of the passages of one kind."""
    return [document.pages[q.page - 1].text[q.start : q.end] for q in document.passages if q.kind is kind]


def codes(document: Extracted) -> list[str]:
    """The codes of the flags."""
    return [flag.code for flag in document.flags]


def cells(document: Extracted) -> list[list[str]]:
    """Header and rows of the only table."""
    (table,) = document.tables
    return [list(table.header), *([cell.text for cell in row.cells] for row in table.rows)]
