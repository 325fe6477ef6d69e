import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.errors import DocumentError
from decalogo.evaluation.documents.model import PassageKind
from decalogo.evaluation.extract import extract

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
