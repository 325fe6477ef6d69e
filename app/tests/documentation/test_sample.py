"""README and tutorials show the result that this version gives for the sample plan (scripts/sample-report)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from decalogo.evaluation import evaluate
from decalogo.evaluation.rubric import load_rubric
from decalogo.reports.numbers import rounded
from tests.documentation.pages import ROOT

SHOWN = ("README.md", "docs/tutorial/first-batch.md", "docs/tutorial/primer-lote.md")


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    plan = ROOT / "app/tests/data/florencia-2020-2023.pdf"
    return evaluate(plan.read_bytes(), load_rubric("decalogo")).result


def test_the_table_is_current(result: dict[str, Any]) -> None:
    percent, rating = result["global"]["percent"], result["global"]["rating"]
    for name in SHOWN:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert re.findall(r"│ succeeded │ ([\d.]+) % │ (\w+) ", text) == [(rounded(percent), rating)], name


def test_the_answer_is_current(result: dict[str, Any]) -> None:
    (excerpt,) = re.findall(r"```json\n(\{.*?\n\})\n```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    shown = json.loads(excerpt)
    answer = next(one for one in result["answers"] if one["id"] == shown["id"])
    assert (shown["score"], shown["elements"]) == (answer["score"], answer["elements"])
    (quote,) = shown["evidence"]
    start = quote.pop("quote").removesuffix(" …")
    assert [one for one in answer["evidence"] if one.items() >= quote.items() and one["quote"].startswith(start)]


def test_the_report_is_current(result: dict[str, Any]) -> None:
    page = (ROOT / "docs/sample/florencia-2020-2023.html").read_text(encoding="utf-8")
    assert result["sha256"] in page, "run scripts/sample-report"
