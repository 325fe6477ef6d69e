"""``decalogo report`` on files, as a user types it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from decalogo.evaluation import Evaluation


def report(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "decalogo", "report", *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.fixture
def folder(plan: Evaluation, tmp_path: Path) -> Path:
    for name in ("uno", "dos"):
        (tmp_path / f"{name}.json").write_bytes(plan.to_json())
    (tmp_path / "uno.pages").write_text("\f".join(plan.pages), encoding="utf-8", newline="")
    return tmp_path


def test_a_result_becomes_a_page_beside_it(folder: Path) -> None:
    done = report(folder / "uno.json", "--pages", folder / "uno.pages")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{folder / 'uno.html'}\n", "")
    page = (folder / "uno.html").read_text(encoding="utf-8")
    assert "<title>uno · Informe de evaluación" in page
    assert "pagetext" in page.partition("</style>")[2]


@pytest.mark.parametrize(("ending", "start"), [("csv", b"id,point"), ("xlsx", b"PK"), ("html", b"<!DOCTYPE html>")])
def test_the_ending_names_the_format(folder: Path, ending: str, start: bytes) -> None:
    assert report(folder / "uno.json", "-o", folder / f"out.{ending}").returncode == 0
    assert (folder / f"out.{ending}").read_bytes().startswith(start)


def test_a_folder_of_results_is_compared(folder: Path) -> None:
    for ending in ("html", "csv", "xlsx", "json", "zip"):
        done = report("--batch", folder, "-o", folder / f"all.{ending}")
        assert done.returncode == 0, done.stderr
        if ending == "json":
            (folder / "all.json").rename(folder / "all.json.kept")  # it is no result itself
    with zipfile.ZipFile(folder / "all.zip") as archive:
        assert "reports/0002-uno.html" in archive.namelist()


def test_mistakes_are_said_in_one_line(folder: Path, tmp_path: Path) -> None:
    (folder / "other.json").write_text("{}", encoding="utf-8")
    empty = tmp_path / "nothing"
    empty.mkdir()
    for arguments, words in [
        ((folder / "missing.json",), "No such file"),
        ((folder / "other.json",), "is not a result"),
        ((folder / "uno.pages",), "is not JSON"),
        ((folder / "uno.json", "-o", folder / "out.doc"), "the extension must be one of"),
        (("--batch", empty, "-o", folder / "all.html"), "has no results"),
        (("--batch", folder, "-o", folder / "all.zip"), "other.json is not a result"),
        ((folder / "uno.json", "--link", "javascript:alert(1)"), "http, https or relative"),
    ]:
        done = report(*arguments)
        assert done.returncode == 1
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
    assert not (folder / "all.zip").exists()
