import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.errors import DocumentError
from decalogo.evaluation.documents.model import PassageKind
from decalogo.evaluation.extract import extract
from tests.evaluation.formats.files import pages

PROSE = "El municipio fortalecerá la ruta de atención a mujeres víctimas de violencia, con enfoque diferencial."


def page(body):
    return f"<!DOCTYPE html><html><head><title>no</title></head><body>{body}</body></html>".encode()


def quotes(result, kind):
    return [result.pages[q.page - 1].text[q.start : q.end] for q in result.passages if q.kind is kind]


def texts(table):
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_html_is_known_by_its_content_and_read_by_its_tags():
    result = extract(
        page(f"<script>var x = 1</script><h2>Mujer &amp; g&eacute;nero</h2><p>{PROSE}</p><ul><li>Rutas</li></ul>")
    )
    assert result.media_type == "text/html"
    assert quotes(result, PassageKind.HEADING) == ["Mujer & género"]
    assert quotes(result, PassageKind.PROSE) == [PROSE]
    assert quotes(result, PassageKind.LIST) == ["• Rutas"]


def test_an_html_table_is_read_with_cells_that_span_rows_and_columns():
    (table,) = extract(
        page(
            "<table><tr><th>Programa<th>Indicador<th colspan=2>Meta</tr>"
            "<tr><td rowspan=3>Mujer<td>Rutas<td>1<td>2024</tr>"
            "<tr><td rowspan=2>Casas<td>2<td>2025</tr><tr><td>3<td>2026</tr></table>"
        )
    ).tables
    assert table.header == ("Programa", "Indicador", "Meta", "Meta")
    assert texts(table) == [
        ["Mujer", "Rutas", "1", "2024"],
        ["Mujer", "Casas", "2", "2025"],
        ["Mujer", "Casas", "3", "2026"],
    ]


@pytest.mark.parametrize(
    "body", ["<table><tr><td>", "</table></tr></td>", "<p>", "<table><table><td>a</table><td>b", "<!--"]
)
def test_broken_html_ends_in_a_result_or_a_document_error(body):
    result = extract(page(body + PROSE))
    assert "violencia" in "".join(p.text for p in result.pages)


@given(
    st.lists(
        st.sampled_from(
            [
                "<table>",
                "<tr>",
                "<td rowspan=2>",
                "<td colspan=3>",
                "</td>",
                "</tr>",
                "</table>",
                "a ",
                "<p>",
                "<li>",
                "<script>",
                "</script>",
                "&#0;",
            ]
        ),
        max_size=40,
    )
)
def test_any_mixture_of_tags_ends_in_a_result_or_a_document_error(tags):
    try:
        result = extract(page("".join(tags)))
    except DocumentError:
        return
    assert all(q.start < q.end <= len(result.pages[q.page - 1].text) for q in result.passages)


@pytest.mark.parametrize("codec", ["iso-8859-1", "iso-8859-15", "windows-1250", "ibm850", "macintosh", "utf-8"])
@pytest.mark.parametrize(
    "head", ['<meta charset="{}">', "<meta http-equiv=Content-Type content='text/html; charset={}'>"]
)
def test_a_page_is_read_in_the_charset_that_it_declares(head, codec):
    name = {"macintosh": "mac_roman"}.get(codec, codec)
    text = "Educación y niñez" if codec != "windows-1250" else "Łódź y educación"
    content = f"<html><head>{head.format(codec)}</head><body><p>{text}</p></body></html>"
    assert pages(extract(content.encode(name))) == [text]


def test_a_page_that_declares_another_charset_than_its_utf_8_is_read_as_utf_8():
    content = '<html><head><meta charset="iso-8859-1"></head><body><p>Educación y niñez</p></body></html>'
    assert pages(extract(content.encode())) == ["Educación y niñez"]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_page_in_utf_16_is_read_by_its_tags(codec):
    found = extract(f"<html><body><p>{PROSE}</p></body></html>".encode(codec))
    assert (found.media_type, pages(found)) == ("text/html", [PROSE])


@pytest.mark.parametrize(
    "content",
    [
        f"<html><head><title>Plan</title><body><p>{PROSE}</p>",
        f"<html><head><title>Plan<body><p>{PROSE}</p>",
        f"<html><head><meta charset=utf-8><p>{PROSE}</p></html>",
        f"<html><body><nav><ul><li><a href=#>Inicio</a></ul><p>{PROSE}</p></body></html>",
        f"<html><body><nav>{PROSE}",
        f"<html><body><noscript>{PROSE}",
    ],
)
def test_elements_that_are_never_closed_swallow_nothing(content):
    assert PROSE in extract(content.encode()).pages[0].text


def test_navigation_that_is_closed_is_no_text_of_the_plan():
    content = page(f"<nav><ul><li><a href=#>Inicio</a></ul></nav><p>{PROSE}</p>")
    assert pages(extract(content)) == [PROSE]


@pytest.mark.parametrize(
    "content",
    [
        f"<p class=MsoNormal>{PROSE}</p><p>Fin.</p>",
        f"<!-- exportado -->\n<table><tr><td>{PROSE}</td></tr></table><p>Fin.</p>",
        f"<body lang=ES><p>{PROSE}</p><p>Fin.</p></body>",
        f"<style>p {{color: red}}</style><h1>{PROSE}</h1><p>Fin.</p>",
        f"<meta charset=utf-8><span>{PROSE}</span><p>Fin.</p>",
    ],
)
def test_a_fragment_of_a_page_is_read_by_its_tags(content):
    found = extract(content.encode())
    assert (found.media_type, pages(found)) == ("text/html", [f"{PROSE}\nFin."])


def test_a_text_about_tags_is_no_page():
    assert extract(b"<p> es la marca de un parrafo y <br> la de una linea.").media_type == "text/plain"


@pytest.mark.parametrize(
    "hidden",
    [
        "<p style='display:none'>oculto</p>",
        "<p style='color:red;visibility: hidden'>oculto</p>",
        "<div hidden><p>oculto</p></div>",
        "<span style='mso-hide:all'>oculto</span>",
        "<p class=oculto>oculto</p>",
        "<p id=aviso>oculto</p>",
        "<del>borrado</del>",
        "<template><p>oculto</p></template>",
    ],
)
def test_hidden_and_deleted_text_is_not_read(hidden):
    style = "<style>.oculto, p#aviso {display: none} @media print { p {display: none} }</style>"
    assert pages(extract(page(f"{style}{hidden}<p>{PROSE}</p>"))) == [PROSE]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("de 120<sup>2</sup> casos", "de 120 [2] casos"),
        ("mujeres<sup><a href=#n>1</a></sup>.", "mujeres [1]."),
        ("de 120<span style='vertical-align:super'>2</span> casos", "de 120 [2] casos"),
        ("de 120&sup2; casos", "de 120 [2] casos"),
        ("9 km<sup>2</sup>", "9 km²"),
        ("la 1<sup>a</sup> meta", "la 1ª meta"),
        ("CO<sub>2</sub>", "CO2"),
    ],
)
def test_superscripts_are_apart_from_words_and_numbers(markup, text):
    assert pages(extract(page(f"<p>{markup}</p>"))) == [text]


def test_page_breaks_of_a_saved_document_are_pages():
    found = extract(
        page(
            "<p>Uno.</p><br clear=all style='page-break-before:always'><p>Dos.</p>"
            "<h1 style='page-break-before: always'>Tres</h1><div style='break-after:page'>Sigue.</div><p>Cuatro.</p>"
        )
    )
    assert pages(found) == ["Uno.", "Dos.", "Tres\nSigue.", "Cuatro."]
    assert not found.flags


def test_xhtml_elements_that_close_themselves_contain_nothing():
    content = (
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="a.js"/></head>'
        f'<body><a id="x"/><div hidden=""/><p>{PROSE}</p></body></html>'
    )
    assert pages(extract(content.encode())) == [PROSE]


def test_blanks_around_hidden_text_are_one_blank():
    assert pages(extract(page("<p>Uno <span hidden>x</span> <del>y</del> dos.</p>"))) == ["Uno dos."]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "sheet", ["p " * 400_000, "/* " * 300_000, "@a{" * 300_000, "@a{p{}" * 200_000, "/**" * 300_000]
)
def test_a_style_sheet_is_read_in_one_pass(sheet):
    assert PROSE in pages(extract(f"<html><style>{sheet}</style><p>{PROSE}</p></html>".encode()))[0]


@pytest.mark.parametrize(
    ("sheet", "is_read"),
    [
        ("/* p {} */ .a { display: none }", False),
        ("<!-- .a { display: none } -->", False),
        ("@import 'x'; .a { display: none }", False),
        ("@media print { .a { display: none } }", True),
        ("@media print { b { color: red } } .a { display: none }", False),
        ("@page { margin: 0 } .b, .a { display: none }", False),
        (".a { color: red } /* .a { display: none }", True),
    ],
)
def test_rules_of_a_style_sheet_hide_what_they_name(sheet, is_read):
    content = f"<html><style>{sheet}</style><p>{PROSE}</p><p class=a>Segunda parte.</p></html>".encode()
    assert ("Segunda" in pages(extract(content))[0]) == is_read
