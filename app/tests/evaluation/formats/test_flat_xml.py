# ruff: noqa: E501 - markup is easier to read on one line
"""Word documents that are one XML file, and XML that is no document."""

import pytest

from decalogo.errors import DamagedDocumentError, DocumentTooLargeError, UnsupportedDocumentError
from decalogo.evaluation.extract import extract
from tests.evaluation.formats.files import GOAL, RATE, W, pages

W2003 = "http://schemas.microsoft.com/office/word/2003/wordml"
AML = "http://schemas.microsoft.com/aml/2001/core"
PKG = "http://schemas.microsoft.com/office/2006/xmlPackage"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def word_2003(body: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Word.Document"?>'
        f'<w:wordDocument xmlns:w="{W2003}" xmlns:aml="{AML}"><w:docOleData><w:binData>QUJD</w:binData></w:docOleData>'
        f"<w:body>{body}</w:body></w:wordDocument>"
    ).encode()


def p(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_word_2003_xml_is_read_without_its_tags():
    table = "".join(
        f"<w:tr><w:tc>{p(a)}</w:tc><w:tc>{p(b)}</w:tc></w:tr>" for a, b in (("Programa", "Meta"), ("Paz", "35"))
    )
    found = extract(word_2003(p(RATE) + f"<w:tbl>{table}</w:tbl>"))
    assert pages(found) == [f"{RATE}\nPrograma\nMeta\nPaz\n35"]
    assert found.tables[0].header == ("Programa", "Meta")


def test_notes_of_word_2003_go_to_the_end_and_its_comments_and_deletions_are_not_read():
    note = f"<w:r><w:footnote>{p('Registro Único.')}</w:footnote></w:r>"
    comment = f'<aml:annotation w:type="Word.Comment"><aml:content>{p("Falta la meta.")}</aml:content></aml:annotation>'
    deleted = (
        '<aml:annotation w:type="Word.Deletion"><aml:content><w:r><w:t>antes</w:t></w:r></aml:content></aml:annotation>'
    )
    kept = '<aml:annotation w:type="Word.Insertion"><aml:content><w:r><w:t>4.512</w:t></w:r></aml:content></aml:annotation>'
    body = f"<w:p><w:r><w:t>Hubo </w:t></w:r>{deleted}{kept}{note}<w:r><w:t> casos.</w:t></w:r>{comment}</w:p>"
    assert pages(extract(word_2003(body + p("Sigue.")))) == ["Hubo 4.512 [1] casos.\nSigue.\n[1] Registro Único."]


def flat_package(**parts: str) -> bytes:
    inner = "".join(
        f'<pkg:part pkg:name="/word/{name}.xml" pkg:contentType="{MAIN}.{name if name != "document" else "document.main"}+xml">'
        f"<pkg:xmlData>{content}</pkg:xmlData></pkg:part>"
        for name, content in parts.items()
    )
    return f'<?xml version="1.0"?><pkg:package xmlns:pkg="{PKG}">{inner}</pkg:package>'.encode()


def test_a_document_in_one_xml_file_is_read_with_notes_and_styles():
    styles = f'<w:styles xmlns:w="{W}"><w:style w:styleId="Oculto"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>'
    notes = f'<w:footnotes xmlns:w="{W}"><w:footnote w:id="2">{p("Registro.")}</w:footnote></w:footnotes>'
    body = f'<w:p><w:r><w:t>Meta: 35</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>{p(GOAL)}'
    body += '<w:p><w:r><w:rPr><w:rStyle w:val="Oculto"/></w:rPr><w:t>oculto</w:t></w:r></w:p>'
    main = f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    assert pages(extract(flat_package(document=main, styles=styles, footnotes=notes))) == [
        f"Meta: 35 [1]\n{GOAL}\n[1] Registro."
    ]


@pytest.mark.parametrize(
    ("content", "root"),
    [
        (b'<?xml version="1.0"?><rss version="2.0"><channel/></rss>', "rss"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><text>a</text></svg>', "svg"),
        (flat_package(settings="<a/>"), "package"),
    ],
)
def test_xml_of_another_kind_is_named_by_its_first_element(content, root):
    with pytest.raises(UnsupportedDocumentError, match=f"<{root}>"):
        extract(content)


def test_xhtml_with_another_first_element_is_read_as_html():
    content = f'<?xml version="1.0"?><div xmlns="http://www.w3.org/1999/xhtml"><p>{RATE}</p></div>'
    found = extract(content.encode())
    assert (found.media_type, pages(found)) == ("text/html", [RATE])


def test_truncated_xml_is_damaged():
    whole = word_2003(p(RATE) * 20)
    with pytest.raises(DamagedDocumentError, match="again"):
        extract(whole[: len(whole) // 2])


def test_xml_with_one_endless_tag_is_refused():
    content = (
        b'<?xml version="1.0"?><w:wordDocument xmlns:w="%s" ' % W2003.encode() + b'a="' + b"x" * 4_000_000 + b'"/>'
    )
    with pytest.raises(DocumentTooLargeError, match="tag"):
        extract(content)
