"""``decalogo bench`` measures each way with the user's own files, and says which row is enough."""

import os
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from typer.testing import CliRunner

from decalogo.capacity import bench
from decalogo.capacity.bench import bare, copies
from decalogo.cli.main import app
from decalogo.client.errors import UnreachableError
from decalogo.errors import BenchError

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
@pytest.mark.timeout(600)
def test_the_evaluator_and_an_embedded_appliance_are_measured_and_a_row_is_named(files: list[Path]) -> None:
    names = [str(file) for file in files]
    done = CliRunner().invoke(app, ["bench", *names, "--documents", "6", "--processes", "1", "--target", "1"])
    assert done.exit_code == 0, done.output
    assert "evaluator alone              6      0" in done.output
    assert "embedded appliance           6      0" in done.output
    assert "<- sufficient" in done.output
    assert "extract" in done.output


def test_an_archive_is_refused_because_it_is_no_document(tmp_path: Path) -> None:
    archive = tmp_path / "plans.zip"
    archive.write_bytes(b"PK")
    done = CliRunner().invoke(app, ["bench", str(archive), "--no-embedded"])
    assert done.exit_code == 2
    assert "use its members instead" in done.output


def _unreachable(*_: object) -> None:
    raise UnreachableError("nobody listens")


@pytest.mark.parametrize(
    ("more", "status", "why"), [([], 2, "the token is missing"), (["--token", "x"], 4, "error: nobody listens")]
)
def test_an_appliance_that_cannot_be_asked_is_told_before_anything_is_measured(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, more: list[str], status: int, why: str
) -> None:
    monkeypatch.setattr(bench, "bare", lambda *_: pytest.fail("it was measured"))
    monkeypatch.setattr(bench, "through", _unreachable)
    options = ["--documents", "1", "--url", "http://127.0.0.1:1", *more]
    done = CliRunner().invoke(app, ["bench", str(files[0]), *options])
    assert done.exit_code == status, done.output
    assert why in done.output


def test_a_process_that_dies_ends_the_measurement_with_a_reason(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "_evaluate", _die)
    monkeypatch.setattr(bench, "_warm_up", _ready)
    with pytest.raises(BenchError, match="ended early"):
        bare(files, 2)


def _die(_path: str) -> None:
    os._exit(1)


def _ready(_path: str, ready: Barrier) -> None:
    ready.wait(60)


def test_documents_without_a_result_are_counted_and_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 nothing")
    done = CliRunner().invoke(app, ["bench", str(broken), "--documents", "2", "--processes", "1", "--no-embedded"])
    assert done.exit_code == 3
    assert "evaluator alone              2      2" in done.output
