"""What `decalogo probe` makes of a batch's results."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from decalogo.cli.probe import check_results


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for file in made:
        file.write_text(file.name)
    return made


def line(file: Path, **other: Any) -> str:
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    result = {"document": {"sha256": sha256}, "answers": [{"id": "P1-Q1"}]}
    return json.dumps({"filename": file.name, "state": "succeeded", "problem": None, "result": result} | other)


def test_a_right_result_for_each_document_is_well(files: list[Path]) -> None:
    assert check_results(files, map(line, files)) == []


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"state": "failed", "result": None, "problem": {"detail": "Cut off."}}, "b.txt is failed: Cut off."),
        ({"state": "partial"}, "b.txt is partial: no full result"),
        (
            {"result": {"document": {"sha256": "0" * 64}, "answers": [{}]}},
            "the result of b.txt belongs to another document",
        ),
    ],
)
def test_a_document_without_its_own_full_result_is_named(files: list[Path], other: dict[str, Any], why: str) -> None:
    assert check_results(files, [line(files[0]), line(files[1], **other)]) == [why]


def test_a_missing_or_doubled_result_is_told(files: list[Path]) -> None:
    assert check_results(files, [line(files[0])]) == ["1 results are missing, 0 are duplicates"]
    twice = [line(file) for file in (*files, files[0])]
    assert check_results(files, twice) == ["0 results are missing, 1 are duplicates"]
