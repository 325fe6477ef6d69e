# ruff: noqa: E501 - markup is easier to read on one line
"""Inputs of office formats, as several programs write them."""

from __future__ import annotations

from tests.evaluation.formats.files import GOAL, ODF, RATE, STRICT_W, R, W, docx, odf, p, relationships, run, zipped
from tests.evaluation.misreading.expected import Case, Expected

_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_LONG = (
    "El municipio garantizará el derecho a la educación de niñas y niños con un programa de transporte escolar. " * 25
)


def rtf(body: str) -> bytes:
    """An RTF file."""
    return (r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}" + body + "}").encode("cp1252")


def t(text: str, style: str = "") -> str:
    """A paragraph of an OpenDocument text."""
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def styled(properties: str, family: str = "text") -> str:
    """An OpenDocument style named S."""
    return f'<style:style style:name="S" style:family="{family}"><style:text-properties {properties}/></style:style>'


def _note(text: str, mark: str = "1", kind: str = "footnote") -> str:
    return f'<text:note text:note-class="{kind}"><text:note-citation>{mark}</text:note-citation><text:note-body>{t(text)}</text:note-body></text:note>'


def _raised_by_position() -> bytes:
    mark = run("2", '<w:position w:val="6"/><w:sz w:val="14"/>')
    return docx(f"<w:p>{run('es de 120')}{mark}{run(' casos')}</w:p>")


def _backslashes() -> bytes:
    return docx(p(RATE)).replace(b"word/document.xml", b"word\\document.xml").replace(b"_rels/.rels", b"_rels\\.rels")


def _mht_chunk() -> bytes:
    mht = f'MIME-Version: 1.0\nContent-Type: multipart/related; type="text/html"; boundary="b"\n\n--b\nContent-Type: text/html; charset="utf-8"\nContent-Transfer-Encoding: 8bit\n\n<html><body><p>{RATE}</p><p>{GOAL}</p></body></html>\n--b--\n'
    return docx('<w:altChunk r:id="c"/>', {"word/afchunk.mht": mht}, relationships(("c", "aFChunk", "afchunk.mht")))


def _flat_chunk() -> bytes:
    inner = f'<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:body><w:p><w:r><w:t>{GOAL}</w:t></w:r></w:p></w:body></w:wordDocument>'
    return docx(p("Anexo:") + '<w:altChunk r:id="c"/>', {"word/c.xml": inner}, relationships(("c", "aFChunk", "c.xml")))


def _note_in_symbol_span() -> bytes:
    body = f'<text:p>Hubo 4.512<text:span text:style-name="S">{_note("Registro Único de Víctimas.")}</text:span> casos.</text:p>'
    return odf(body, styled('style:text-position="super 58%"'))


def _rows_repeated() -> bytes:
    def cell(text: str, more: str = "") -> str:
        return f"<table:table-cell {more}>{t(text)}</table:table-cell>"

    covered = "<table:covered-table-cell/>"
    rows = [
        cell("Programa") + cell("Indicador") + cell("Base") + cell("Meta"),
        cell("Paz", 'table:number-rows-spanned="4"') + cell("Aulas") + cell("7", 'table:number-columns-repeated="2"'),
        covered + cell("Docentes") + cell("8") + cell("9"),
        "#" + covered + cell("Cupos", 'table:number-rows-spanned="1"') + cell("0", 'table:number-columns-repeated="2"'),
        cell("Agua") + cell("Redes") + cell("1") + cell("2"),
    ]
    twice = 'table:number-rows-repeated="2"'
    inner = "".join(
        f"<table:table-row {twice if one[0] == '#' else ''}>{one.removeprefix('#')}</table:table-row>" for one in rows
    )
    return odf(f"<table:table>{inner}</table:table>")


def _deleted_in_odt() -> bytes:
    changes = f'<text:tracked-changes><text:changed-region xml:id="c1"><text:deletion>{t("Texto borrado.")}</text:deletion></text:changed-region></text:tracked-changes>'
    return odf(changes + '<text:p>Uno<text:change text:change-id="c1"/> dos.</text:p>')


def _flat_odt() -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-16"?><office:document {ODF} office:mimetype="application/vnd.oasis.opendocument.text">'
        f"<office:body><office:text>{t(RATE)}{t(GOAL)}</office:text></office:body></office:document>"
    ).encode("utf-16")


def _rendered_and_sections() -> bytes:
    section = '<w:sectPr><w:type w:val="{}"/></w:sectPr>'
    rendered = "<w:r><w:lastRenderedPageBreak/></w:r>"
    body = p("Portada.", section.format("nextPage")) + f"<w:p>{rendered}{run('Uno.')}{rendered}{run('Dos.')}</w:p>"
    body += p("Fin de dos.", section.format("oddPage")) + p("Tres.") + p("Sigue tres.")
    return docx(body + section.format("continuous"))


def _strict_with_notes() -> bytes:
    notes = f'<w:footnotes xmlns:w="{STRICT_W}"><w:footnote w:id="1"><w:p><w:r><w:t>Según el DANE.</w:t></w:r></w:p></w:footnote></w:footnotes>'
    body = '<w:p><w:r><w:t>Hubo 12</w:t></w:r><w:r><w:footnoteReference w:id="1"/></w:r></w:p>'
    related = relationships(("n", "footnotes", "footnotes.xml")).replace(
        R, "http://purl.oclc.org/ooxml/officeDocument/relationships"
    )
    return docx(body, {"word/footnotes.xml": notes}, related, namespace=STRICT_W)


def _macro_template() -> bytes:
    kind = "application/vnd.ms-word.template.macroEnabledTemplate.main+xml"
    types = f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/doc/principal.xml" ContentType="{kind}"/></Types>'
    main = f'<w:document xmlns:w="{W}"><w:body>{p(RATE)}</w:body></w:document>'
    return zipped(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": relationships(("r", "officeDocument", "/doc/principal.xml")),
            "doc/principal.xml": main,
        }
    )


def _comments_by_range() -> bytes:
    body = '<text:p>La meta<office:annotation office:name="1"><dc:creator>Pérez</dc:creator><dc:date>2024-02-03</dc:date><text:list><text:list-item><text:p>Falta la línea base.</text:p></text:list-item></text:list></office:annotation> es de 35<office:annotation-end office:name="1"/> aulas.</text:p>'
    return odf(body)


def _rtf_libreoffice_note() -> bytes:
    return rtf(r"\pard Hubo 4.512{\super\chftn}{\*\footnote\pard\plain {\super\chftn} Registro \'danico.} casos.\par")


def _doubled_rtf() -> bytes:
    return rtf(r"\pard {\upr{Educaci?n: 35 aulas}{\*\ud{Educaci\u243?n: 35 aulas}}}.\par")


def _glued() -> bytes:
    body = "<w:p><w:r><w:t>Meta 2024: 35</w:t><w:cr/><w:t>Meta 2027: 150</w:t><w:br/><w:t>Fin</w:t></w:r></w:p>"
    return docx(body)


CASES = [
    Case("F2", "DOCX, raised by position", _raised_by_position, Expected(("es de 120 [2] casos",))),
    Case(
        "F2",
        "ODT, LibreOffice's style of note marks",
        _note_in_symbol_span,
        Expected(("Hubo 4.512 [1] casos.", "[1] Registro Único")),
    ),
    Case(
        "F2",
        "RTF, raised by half points in a group of its own",
        lambda: rtf(r"\pard es de 120{\fs14{\up8 2}} casos\par"),
        Expected(("es de 120 [2] casos",)),
    ),
    Case(
        "F4",
        "DOCX, sections and rendered breaks together",
        _rendered_and_sections,
        Expected(("Portada.", "Dos.", "Tres. Sigue tres."), pages=3, unflagged=("pages-synthetic",)),
    ),
    Case(
        "F4",
        "DOCX, one break before a long text in a table",
        lambda: docx(
            p("Portada.")
            + p("Inicio", "<w:pageBreakBefore/>")
            + "".join(
                f"<w:tbl><w:tr><w:tc>{p(f'{n}. {_LONG}')}</w:tc><w:tc>{p('35')}</w:tc></w:tr></w:tbl>"
                for n in range(12)
            )
        ),
        Expected(("Portada.", "11. El"), flags=("pages-synthetic",), lacks=("Inicio0",)),
    ),
    Case("F5", "DOCX, template with macros in another folder", _macro_template, Expected((RATE,))),
    Case("F5", "DOCX, backslashes in the names of parts", _backslashes, Expected((RATE,))),
    Case("F6", "DOCX, saved page as altChunk", _mht_chunk, Expected((RATE, GOAL))),
    Case("F6", "DOCX, Word 2003 XML as altChunk", _flat_chunk, Expected(("Anexo:", GOAL))),
    Case(
        "F6",
        "RTF, LibreOffice's starred notes",
        _rtf_libreoffice_note,
        Expected(("Hubo 4.512 [1] casos.", "[1] Registro Único.")),
    ),
    Case(
        "F6",
        "ODT, endnotes",
        lambda: odf(f"<text:p>Hubo 12{_note('Según el DANE.', 'i', 'endnote')} casos.</text:p>{t('Sigue.')}"),
        Expected(("Hubo 12 [i] casos.", "Sigue.", "[i] Según el DANE.")),
    ),
    Case(
        "F11",
        "RTF, Unicode and code page side by side",
        _doubled_rtf,
        Expected(("Educación: 35 aulas.",), ("Educaci?n", "aulasEduc")),
    ),
    Case("F13", "flat ODT in UTF-16", _flat_odt, Expected((RATE, GOAL), ("<text", "office:"))),
    Case(
        "F14",
        "ODT, spanned rows that are repeated",
        _rows_repeated,
        Expected(
            cells=(
                ("Programa", "Indicador", "Base", "Meta"),
                ("Paz", "Aulas", "7", "7"),
                ("Paz", "Docentes", "8", "9"),
                ("Paz", "Cupos", "0", "0"),
                ("Paz", "Cupos", "0", "0"),
                ("Agua", "Redes", "1", "2"),
            )
        ),
    ),
    Case(
        "F15",
        "ODT, a comment on a range with a list",
        _comments_by_range,
        Expected(("La meta es de 35 aulas.",), ("línea base", "Pérez")),
    ),
    Case(
        "F15",
        "DOCX, a comment inside a tracked insertion",
        lambda: docx(
            f'<w:p>{run("La meta es de ")}<w:ins w:id="1"><w:commentRangeStart w:id="0"/>{run("35")}<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r></w:ins>{run(" aulas.")}</w:p>',
            {
                "word/comments.xml": f'<w:comments xmlns:w="{W}"><w:comment w:id="0">{p("Falta la línea base.")}</w:comment></w:comments>'
            },
            relationships(("c", "comments", "comments.xml")),
        ),
        Expected(("La meta es de 35 aulas.",), ("línea base",)),
    ),
    Case(
        "F16",
        "RTF, moved text",
        lambda: rtf(
            r"\pard Inicio. {\mvf\mvauth1 La meta es de 35 aulas.} Medio. {\mvt\mvauth1 La meta es de 35 aulas.}\par"
        ),
        Expected(
            (
                "Inicio.",
                "Medio. La meta es de 35 aulas.",
            ),
            ("Inicio. La meta", "35 aulas. Medio"),
        ),
    ),
    Case("F16", "DOCX, strict with notes", _strict_with_notes, Expected(("Hubo 12 [1]", "[1] Según el DANE."))),
    Case("F17", "DOCX, carriage returns and breaks between numbers", _glued, Expected(("35 Meta 2027: 150 Fin",))),
    Case("F17", "ODT, deletions that are tracked", _deleted_in_odt, Expected(("Uno dos.",), ("borrado",))),
    Case(
        "F17",
        "RTF, hidden by a paragraph that goes on",
        lambda: rtf(r"\pard\v Oculto uno.\par\pard Oculto dos.\par\v0 Visible.\par"),
        Expected(("Visible.",), ("Oculto",)),
    ),
]
