from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from decalogo.cli.main import app
from tests.evaluation.formats.files import docx, p
from tests.evaluation.pdf.pdfs import heading, paragraph, plan_pdf, ruled_table

SENTENCE = "La tasa de violencia intrafamiliar fue de 120 casos en el año 2019."
ROWS = [["Indicador", "Meta"], ["Aulas &lt;nuevas&gt;", "35"], ["Títulos", "150"]]


@pytest.fixture
def plan(tmp_path: Path) -> str:
    file = tmp_path / "plan.pdf"
    file.write_bytes(plan_pdf([heading("CAPÍTULO 1. DIAGNÓSTICO"), paragraph(SENTENCE), ruled_table(ROWS, [120, 80])]))
    return str(file)


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["extract", *words])
    return done.exit_code, done.stdout, done.stderr


def test_json_holds_blocks_headings_and_tables_with_the_offsets_of_their_text(plan: str) -> None:
    code, out, _ = run(plan, "--format", "json")
    assert code == 0
    view = orjson.loads(out)
    (page,) = view["pages"]
    assert (view["media_type"], view["page_count"], view["recognised"], view["flags"]) == ("application/pdf", 1, [], [])
    assert [one["text"] for one in page["headings"]] == ["CAPÍTULO 1. DIAGNÓSTICO"]
    assert SENTENCE in [page["text"][one["start"] : one["end"]] for one in page["blocks"]]
    (table,) = page["tables"]
    assert table["header"] == ROWS[0]
    assert [[cell["text"] for cell in row] for row in table["rows"]] == [["Aulas <nuevas>", "35"], ["Títulos", "150"]]
    assert all(page["text"][c["start"] : c["end"]] == c["text"] for row in table["rows"] for c in row)


def test_text_shows_every_page_with_the_offsets_of_its_blocks(plan: str) -> None:
    code, out, _ = run(plan)
    assert code == 0
    assert "=== page 1" in out
    assert SENTENCE in out
    assert "Títulos | 150" in out


def test_html_shows_the_picture_of_the_page_next_to_its_text_and_tables(plan: str) -> None:
    code, out, _ = run(plan, "--format", "html")
    assert code == 0
    assert 'src="data:image/webp;base64,' in out
    assert "http" not in out
    assert "<th>Indicador</th>" in out
    assert "Aulas &lt;nuevas&gt;" in out


def test_html_shows_a_table_in_its_place_and_a_page_without_picture_alone(tmp_path: Path) -> None:
    file = tmp_path / "plan.docx"
    rows = (("Meta", "Valor"), ("Aulas", "35"))
    table = "".join(f"<w:tr><w:tc>{p(a)}</w:tc><w:tc>{p(b)}</w:tc></w:tr>" for a, b in rows)
    file.write_bytes(docx(p("Antes de la tabla.") + f"<w:tbl>{table}</w:tbl>" + p("Después de la tabla.")))
    code, out, _ = run(str(file), "--format", "html")
    assert code == 0
    assert out.index("Antes") < out.index("<th>Meta</th>") < out.index("Después")
    assert '<section class="alone">' in out


def test_pages_are_chosen_by_number_and_range(tmp_path: Path) -> None:
    file = tmp_path / "plan.txt"
    file.write_text("\f".join(f"Página con el texto número {n}." for n in range(1, 7)), encoding="utf-8")
    view = orjson.loads(run(str(file), "--format", "json", "--pages", "1,3-4")[1])
    assert [page["page"] for page in view["pages"]] == [1, 3, 4]
    assert 'class="alone"' in run(str(file), "--format", "html", "--pages", "2")[1]


def test_errors_are_one_clear_line(plan: str, tmp_path: Path) -> None:
    for words, expected in [
        ([str(tmp_path / "none.pdf")], "No such file"),
        ([plan, "--pages", "2-3"], "pages 1 to 1"),
        ([plan, "--pages", "x"], "3-5"),
    ]:
        code, out, err = run(*words)
        assert (code, out) == (1, "")
        assert expected in err
        assert err.count("\n") == 1
