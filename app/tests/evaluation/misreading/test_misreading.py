"""Every kind of misreading is read right in inputs that other programs write."""

from __future__ import annotations

import pytest

from tests.evaluation.misreading.expected import Case, mistake
from tests.evaluation.misreading.kinds import CASES, KINDS
from tests.evaluation.misreading.open_cases import OPEN

_RECOGNISED = {"F1", "F20", "F21"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind} {case.name}")
def test_an_input_is_read_right(case: Case, request: pytest.FixtureRequest) -> None:
    if case.kind in _RECOGNISED:
        request.getfixturevalue("tesseract")
    assert mistake(case.make(), case.right) == ""


def test_every_kind_has_an_input() -> None:
    assert {case.kind for case in CASES} == set(KINDS)
    assert {kind for kind, _ in OPEN.values()} <= {*KINDS, "control"}
