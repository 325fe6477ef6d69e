"""``decalogo bench`` measures each way with the user's own files, and says which row is enough."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from decalogo.capacity.bench import copies
from decalogo.cli.main import app

TEXT = "El programa de igualdad de género tendrá un presupuesto de $120.000.000 en el cuatrienio 2020-2023.\n" * 20


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for file in made:
        file.write_text(TEXT + file.name, encoding="utf-8")
    return made


def test_copies_are_one_of_a_kind(files: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    made = copies(files, 5, folder)
    assert len({file.read_bytes() for file in made}) == 5
    assert made[2].read_bytes().startswith(files[0].read_bytes())


@pytest.mark.embedded
def test_the_evaluator_and_an_embedded_appliance_are_measured_and_a_row_is_named(files: list[Path]) -> None:
    names = [str(file) for file in files]
    done = CliRunner().invoke(app, ["bench", *names, "--documents", "6", "--processes", "1", "--target", "1"])
    assert done.exit_code == 0, done.output
    assert "evaluator alone              6      0" in done.output
    assert "embedded appliance           6      0" in done.output
    assert "<- enough" in done.output
    assert "extract" in done.output


def test_documents_without_a_result_are_counted_and_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 nothing")
    done = CliRunner().invoke(app, ["bench", str(broken), "--documents", "2", "--processes", "1", "--no-embedded"])
    assert done.exit_code == 3
    assert "evaluator alone              2      2" in done.output
