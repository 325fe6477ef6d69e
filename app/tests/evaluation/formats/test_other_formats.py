"""Markdown, RTF and e-mail: judged by content, read with their headings, tables and pages."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.errors import DamagedDocumentError, DocumentError
from decalogo.evaluation.documents.model import PassageKind
from decalogo.evaluation.extract import extract
from tests.evaluation.formats.test_office import docx, p, quotes, texts
from tests.evaluation.pdf.pdfs import SENTENCE, lines_pdf

MARKDOWN = f"""# Plan de desarrollo

{SENTENCE}

## Programa 1: Mujer

- Fortalecer la **ruta de atención** a [mujeres](https://example.org/m).
1. Primera meta de la administración municipal.

| Producto | Unidad | Meta |
|---|:---:|--:|
| Casa de acogida | Número | 1 |
| Campañas de prevención | Número | 8 |
"""


def test_markdown_keeps_headings_lists_and_tables():
    document = extract(MARKDOWN.encode())
    assert document.media_type == "text/markdown"
    assert quotes(document, PassageKind.HEADING) == ["Plan de desarrollo", "Programa 1: Mujer"]
    assert "• Fortalecer la ruta de atención a mujeres." in document.pages[0].text
    (table,) = document.tables
    assert table.header == ("Producto", "Unidad", "Meta")
    assert texts(table) == [["Casa de acogida", "Número", "1"], ["Campañas de prevención", "Número", "8"]]
    assert table.section == ("Plan de desarrollo", "Programa 1: Mujer")


def test_a_text_with_one_number_sign_is_no_markdown():
    assert extract(f"# Nota\n{SENTENCE}".encode()).media_type == "text/plain"


def rtf(body: str) -> bytes:
    return (
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator Word;}{\info{\title Secreto}}" + body + "}"
    ).encode("cp1252")


def test_rtf_keeps_text_accents_headings_and_pages():
    title = r"\pard\outlinelevel0 Diagn\'f3stico\par"
    body = r"\pard La pol\u237?tica p\'fablica \{2020\}\emdash fin.\par\page Dos.\par"
    document = extract(rtf(title + body))
    assert document.media_type == "application/rtf"
    assert [page.text for page in document.pages] == ["Diagnóstico\n\nLa política pública {2020}—fin.", "Dos."]
    assert quotes(document, PassageKind.HEADING) == ["Diagnóstico"]


def test_rtf_keeps_tables():
    row = r"\trowd\pard\intbl {0}\cell {1}\cell {2}\cell\row "
    cells = [("Producto", "Unidad", "Meta"), ("Casa", "Numero", "1"), ("Ruta", "Numero", "2")]
    (table,) = extract(rtf("".join(row.format(*each) for each in cells) + r"\pard " + SENTENCE + r"\par")).tables
    assert table.header == cells[0]
    assert texts(table) == [list(each) for each in cells[1:]]


def test_rtf_passes_over_pictures():
    document = extract(
        rtf(r"\pard " + SENTENCE.replace("ñ", r"\'f1") + r"\par{\pict\pngblip 89504e47}{\pict\bin4 }{}\}")
    )
    assert document.pages[0].text == SENTENCE.strip()


def test_an_rtf_without_text_is_refused():
    with pytest.raises(DamagedDocumentError, match="holds no text"):
        extract(rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}")


def mail(*attachments: tuple[bytes, str, str], body: str = SENTENCE) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Plan"
    message.set_content(body)
    message.add_alternative(f"<p>{body}</p>", subtype="html")
    for data, kind, name in attachments:
        main, _, sub = kind.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


def test_a_message_is_its_text_and_then_its_attachments():
    pdf = lines_pdf([["Primera página del plan."], ["Segunda página del plan."]])
    word = docx(p("Texto del anexo en Word."))
    document = extract(mail((pdf, "application/pdf", "plan.pdf"), (word, "application/octet-stream", "anexo.bin")))
    assert document.media_type == "message/rfc822"
    assert [page.number for page in document.pages] == [1, 2, 3, 4]
    assert [page.text.split(".")[0] for page in document.pages[1:]] == [
        "Primera página del plan",
        "Segunda página del plan",
        "Texto del anexo en Word",
    ]
    assert document.pages[0].text == SENTENCE.strip()


def test_attachments_that_cannot_be_read_are_named():
    document = extract(mail((b"\x89PNG\r\n\x1a\n" + bytes(100), "image/png", "escudo.png")))
    (flag,) = [flag for flag in document.flags if flag.code == "attachment-unread"]
    assert "escudo.png" in flag.detail


def test_the_pages_of_a_message_count_together():
    with pytest.raises(DocumentError, match="the limit is 1"):
        extract(mail((lines_pdf([["a b c d"], ["e f g h"]]), "application/pdf", "plan.pdf")), max_pages=2)


def test_a_message_nested_without_end_is_refused():
    content = b"From: a\nTo: b\nSubject: c\n"
    for depth in range(3000):
        content += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth)
    with pytest.raises(DocumentError):
        extract(content + b"\nfin")


@given(st.binary(max_size=300), st.sampled_from(["markdown", "rtf", "mail"]), st.integers(0, 400))
def test_no_content_ends_in_anything_but_a_document_or_a_document_error(noise, kind, at):
    whole = {"markdown": MARKDOWN.encode(), "rtf": rtf(r"\pard Uno\par\u237?\cell\row"), "mail": mail()}[kind]
    try:
        document = extract(whole[:at] + noise + whole[at:])
    except DocumentError:
        return
    for passage in document.passages:
        assert document.pages[passage.page - 1].text[passage.start : passage.end]
