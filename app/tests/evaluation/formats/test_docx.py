"""Word documents: pages, notes, hidden, deleted and moved text, and the parts that hold them."""

import pytest

from decalogo.errors import DocumentTooLargeError
from decalogo.evaluation.documents.model import PassageKind
from decalogo.evaluation.extract import extract
from tests.evaluation.formats.files import (
    GOAL,
    RATE,
    STRICT_W,
    W,
    cells,
    codes,
    content_types,
    docx,
    p,
    pages,
    quotes,
    relationships,
    run,
    zipped,
)

MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
RENDERED = "<w:lastRenderedPageBreak/>"
BREAK = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'
LONG = p("El municipio garantizará el derecho a la educación de niñas y niños. " * 10)


def document(body):
    return f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'


def notes(kind, *texts):
    inner = f'<w:{kind} w:id="0" w:type="separator"><w:p/></w:{kind}>'
    inner += "".join(f'<w:{kind} w:id="{n}">{p(text)}</w:{kind}>' for n, text in enumerate(texts, 1))
    return f'<w:{kind}s xmlns:w="{W}">{inner}</w:{kind}s>'


@pytest.mark.parametrize("name", ["word/document2.xml", "word/document.glossary.xml", "texto/Principal.xml"])
def test_the_main_part_is_found_by_the_relationships_of_the_package(name):
    content = zipped({"_rels/.rels": relationships(("a", "officeDocument", name)), name: document(p(RATE))})
    assert pages(extract(content)) == [RATE]


def test_the_main_part_is_found_by_its_content_type_where_relationships_are_missing():
    content = zipped(
        {"[Content_Types].xml": content_types(word__document3_xml=MAIN), "word/document3.xml": document(p(RATE))}
    )
    assert pages(extract(content)) == [RATE]


def test_a_main_part_named_from_the_root_of_the_package_is_found():
    content = zipped(
        {"_rels/.rels": relationships(("a", "officeDocument", "/word/d.xml")), "word/d.xml": document(p(RATE))}
    )
    assert pages(extract(content)) == [RATE]


def test_strict_documents_are_read_with_their_tables_and_page_breaks():
    body = p(RATE) + BREAK + f"<w:tbl><w:tr><w:tc>{p('Programa')}</w:tc><w:tc>{p('Meta')}</w:tc></w:tr>"
    body += f"<w:tr><w:tc>{p('Mujer')}</w:tc><w:tc>{p('120')}</w:tc></w:tr></w:tbl>"
    found = extract(docx(body, namespace=STRICT_W))
    assert len(found.pages) == 2
    assert cells(found) == [["Programa", "Meta"], ["Mujer", "120"]]


def test_footnotes_go_to_the_end_of_their_page_and_endnotes_to_the_end_of_the_document():
    footnote = '<w:r><w:footnoteReference w:id="1"/></w:r>'
    second = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    endnote = '<w:r><w:endnoteReference w:id="1"/></w:r>'
    body = f"<w:p>{run('La cobertura mejoró')}{footnote}{run('.')}{endnote}</w:p>{p('Sigue.')}{BREAK}"
    body += f"<w:p>{run('Hubo 4.512')}{second}{run(' víctimas.')}</w:p>{p('Fin.')}"
    found = extract(
        docx(
            body,
            {
                "word/footnotes.xml": notes("footnote", "Pasó de 71 % a 88 %.", "Registro Único."),
                "word/endnotes.xml": notes("endnote", "DANE, 2023."),
            },
            relationships(("f", "footnotes", "footnotes.xml"), ("e", "endnotes", "endnotes.xml")),
        )
    )
    assert pages(found) == [
        "La cobertura mejoró [1]. [i]\nSigue.\n[1] Pasó de 71 % a 88 %.",
        "Hubo 4.512 [2] víctimas.\nFin.\n[2] Registro Único.\n[i] DANE, 2023.",
    ]


def test_a_note_of_a_table_follows_on_its_page():
    cell = f"<w:tc><w:p>{run('Tasa')}<w:r><w:footnoteReference w:id='1'/></w:r></w:p></w:tc><w:tc>{p('12,4')}</w:tc>"
    table = f"<w:tbl><w:tr><w:tc>{p('Indicador')}</w:tc><w:tc>{p('Valor')}</w:tc></w:tr><w:tr>{cell}</w:tr></w:tbl>"
    found = extract(
        docx(
            table + p("Sigue."),
            {"word/footnotes.xml": notes("footnote", "Por mil nacidos vivos.")},
            relationships(("f", "footnotes", "footnotes.xml")),
        )
    )
    assert cells(found)[1] == ["Tasa [1]", "12,4"]
    assert pages(found)[0].endswith("Sigue.\n[1] Por mil nacidos vivos.")


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        (run("de 120") + run("2", '<w:vertAlign w:val="superscript"/>') + run(" casos"), "de 120 [2] casos"),
        (
            run("mujeres")
            + run("1", '<w:vertAlign w:val="superscript"/>')
            + run("2", '<w:vertAlign w:val="superscript"/>'),
            "mujeres [12]",
        ),
        (run("CO") + run("2", '<w:vertAlign w:val="subscript"/>'), "CO2"),
        (run("9 km") + run("2", '<w:vertAlign w:val="superscript"/>'), "9 km²"),
    ],
)
def test_superscripts_are_apart_from_words_and_numbers(runs, text):
    assert pages(extract(docx(f"<w:p>{runs}</w:p>"))) == [text]


def test_a_character_style_can_raise_or_hide_text():
    styles = (
        f'<w:styles xmlns:w="{W}"><w:style w:type="character" w:styleId="Base">'
        '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>'
        '<w:style w:type="character" w:styleId="Llamada"><w:basedOn w:val="Base"/></w:style>'
        '<w:style w:type="character" w:styleId="Oculto"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>'
    )
    raised, hidden = '<w:rStyle w:val="Llamada"/>', '<w:rStyle w:val="Oculto"/>'
    body = f"<w:p>{run('de 120')}{run('2', raised)}{run(' casos')}{run(' no', hidden)}</w:p>"
    found = extract(docx(body, {"word/styles.xml": styles}, relationships(("y", "styles", "styles.xml"))))
    assert pages(found) == ["de 120 [2] casos"]


def test_a_style_with_an_outline_level_makes_headings():
    styles = (
        f'<w:styles xmlns:w="{W}"><w:style w:type="paragraph" w:styleId="Nivel">'
        '<w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style></w:styles>'
    )
    body = p("Derechos de las mujeres", '<w:pStyle w:val="Nivel"/>') + p(RATE)
    found = extract(docx(body, {"word/styles.xml": styles}, relationships(("y", "styles", "styles.xml"))))
    assert quotes(found, PassageKind.HEADING) == ["Derechos de las mujeres"]


@pytest.mark.parametrize(
    "hidden",
    [
        f"<w:p>{run(GOAL, '<w:vanish/>')}</w:p>",
        "<w:p>" + run(GOAL, '<w:vanish w:val="true"/>') + "</w:p>",
        f"<w:p><w:del>{run(GOAL)}</w:del></w:p>",
        f"<w:p><w:moveFrom>{run(GOAL)}</w:moveFrom></w:p>",
        f"<w:p><w:r><w:delText>{GOAL}</w:delText></w:r></w:p>",
    ],
)
def test_hidden_deleted_and_moved_away_text_is_not_read(hidden):
    assert pages(extract(docx(hidden + p(RATE)))) == [RATE]


def test_text_whose_hiding_is_taken_back_is_read():
    shown = run(RATE, '<w:vanish w:val="0"/>')
    assert pages(extract(docx(f"<w:p>{shown}</w:p>"))) == [RATE]


def test_former_properties_of_tracked_changes_hide_nothing():
    body = (
        f"<w:p><w:r><w:rPr><w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange></w:rPr><w:t>{RATE}</w:t></w:r></w:p>"
    )
    assert pages(extract(docx(body))) == [RATE]


def test_a_carriage_return_separates_numbers():
    assert pages(extract(docx("<w:p><w:r><w:t>120</w:t><w:cr/><w:t>35</w:t></w:r></w:p>"))) == ["120\n35"]


def test_symbols_and_formulas_are_read():
    formula = '<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:r><m:t>120</m:t></m:r></m:oMath>'
    body = f'<w:p><w:r><w:sym w:font="Symbol" w:char="2265"/><w:t> </w:t></w:r>{formula}</w:p>'
    assert pages(extract(docx(body))) == ["≥ 120"]


def test_comments_are_no_text_of_the_plan():
    comments = f'<w:comments xmlns:w="{W}"><w:comment w:id="1">{p("Falta la línea base.")}</w:comment></w:comments>'
    body = f'<w:p><w:commentRangeStart w:id="1"/>{run(RATE)}<w:r><w:commentReference w:id="1"/></w:r></w:p>'
    found = extract(docx(body, {"word/comments.xml": comments}, relationships(("c", "comments", "comments.xml"))))
    assert pages(found) == [RATE]


@pytest.mark.parametrize(
    ("name", "chunk"),
    [
        ("a.htm", f"<html><body><p>{GOAL}</p></body></html>".encode()),
        ("a.rtf", (r"{\rtf1\ansi " + GOAL + "}").encode("cp1252")),
        ("a.docx", docx(p(GOAL))),
        ("a.txt", GOAL.encode()),
    ],
)
def test_documents_inside_a_document_are_read_in_their_place(name, chunk):
    body = p("Anexo:") + '<w:altChunk r:id="c"/>' + p("Fin.")
    found = extract(docx(body, {f"word/{name}": chunk}, relationships(("c", "aFChunk", name))))
    assert pages(found) == [f"Anexo:\n{GOAL}\nFin."]


def test_pages_are_those_that_word_rendered():
    body = p("Uno.") + f"<w:p><w:r>{RENDERED}<w:t>Dos.</w:t></w:r></w:p>" + p("También dos.")
    body += f"<w:p><w:r><w:t>Sigue dos,</w:t></w:r><w:r>{RENDERED}<w:t>ya tres.</w:t></w:r></w:p>"
    found = extract(docx(body))
    assert pages(found) == ["Uno.", "Dos.\nTambién dos.\nSigue dos,", "ya tres."]
    assert codes(found) == []


def test_a_break_of_the_author_and_its_rendered_twin_are_one_border():
    after = f"<w:p><w:r>{RENDERED}<w:t>Dos.</w:t></w:r></w:p>"
    before = f"<w:p><w:pPr><w:pageBreakBefore/></w:pPr><w:r>{RENDERED}<w:t>Tres.</w:t></w:r></w:p>"
    section = f"<w:p><w:pPr><w:sectPr/></w:pPr></w:p><w:p><w:r>{RENDERED}<w:t>Cuatro.</w:t></w:r></w:p><w:sectPr/>"
    found = extract(docx(p("Uno.") + BREAK + after + before + section))
    assert pages(found) == ["Uno.", "Dos.", "Tres.", "Cuatro."]


def test_an_empty_page_between_two_breaks_counts():
    assert pages(extract(docx(p("Uno.") + BREAK + BREAK + p("Tres.")))) == ["Uno.", "", "Tres."]


def test_a_break_inside_a_paragraph_parts_it():
    body = '<w:p><w:r><w:t>Primera parte.</w:t><w:br w:type="page"/><w:t>Segunda parte.</w:t></w:r></w:p>'
    assert pages(extract(docx(body))) == ["Primera parte.", "Segunda parte."]


def test_a_paragraph_style_can_begin_pages():
    styles = (
        f'<w:styles xmlns:w="{W}"><w:style w:type="paragraph" w:styleId="Capitulo"><w:pPr><w:pageBreakBefore/></w:pPr>'
        "</w:style></w:styles>"
    )
    body = "".join(p(f"Capítulo {n}.", '<w:pStyle w:val="Capitulo"/>') + p("Texto.") for n in (1, 2, 3))
    found = extract(docx(body, {"word/styles.xml": styles}, relationships(("y", "styles", "styles.xml"))))
    assert pages(found) == ["Capítulo 1.\nTexto.", "Capítulo 2.\nTexto.", "Capítulo 3.\nTexto."]


def test_a_section_begins_a_page_unless_it_is_continuous():
    def end(kind):
        return f'<w:sectPr><w:type w:val="{kind}"/></w:sectPr>'

    body = (
        p("Uno.", end("nextPage")) + p("También uno.", end("continuous")) + p("Dos.", end("nextPage")) + end("nextPage")
    )
    assert pages(extract(docx(body))) == ["Uno.\nTambién uno.", "Dos."]


def test_a_row_that_goes_on_over_the_border_ends_on_the_next_page_once():
    cell = f"<w:tc><w:p><w:r><w:t>Acción</w:t></w:r><w:r>{RENDERED}<w:t> larga</w:t></w:r></w:p></w:tc>"
    first = f"<w:tc><w:p><w:r>{RENDERED}<w:t>Nueva</w:t></w:r></w:p></w:tc>"
    head = f"<w:tr><w:tc>{p('Acción')}</w:tc><w:tc>{p('Meta')}</w:tc></w:tr>"
    found = extract(docx(f"<w:tbl>{head}<w:tr>{cell}{cell}</w:tr>{head}<w:tr>{first}{first}</w:tr></w:tbl>"))
    assert pages(found) == ["Acción\nMeta\nAcción larga\nAcción larga", "Acción\nMeta", "Nueva\nNueva"]


def test_one_manual_break_does_not_make_a_long_text_two_pages():
    found = extract(docx(p("PORTADA") + BREAK + LONG * 60))
    assert pages(found)[0] == "PORTADA"
    assert 10 < len(found.pages) < 20
    assert codes(found) == ["pages-synthetic"]
    assert "keeps 1 page borders" in found.flags[0].detail


def test_one_paragraph_as_long_as_a_plan_is_cut_into_pages():
    found = extract(docx(p("El municipio garantizará el derecho a la educación. " * 1000)))
    assert len(found.pages) > 10
    assert max(len(page.text) for page in found.pages) < 6000


def test_rows_that_begin_further_right_keep_their_columns():
    def row(*texts, properties=""):
        return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(f'<w:tc>{p(text)}</w:tc>' for text in texts)}</w:tr>"

    table = row("Programa", "Indicador", "Meta") + row("Mujer", "Casas", "12")
    table += row("Rutas", "35", properties='<w:gridBefore w:val="1"/>')
    assert cells(extract(docx(f"<w:tbl>{table}</w:tbl>")))[2] == ["", "Rutas", "35"]


@pytest.mark.parametrize("row", ["<w:tr/>", "<w:tr><w:tc/></w:tr>"])
def test_a_table_of_endless_rows_is_refused(row):
    with pytest.raises(DocumentTooLargeError, match="table rows"):
        extract(docx(f"<w:tbl>{row * 250_000}</w:tbl>"))
