"""Two reviewers in real browsers, against the embedded form, with a rubric of the operator that changes meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.console import journey, review_journey
from tests.console.journey import Visitor
from tests.embedded.conftest import operator_for_a_while

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(900)]


def test_two_reviewers_sign_and_look_again_after_the_rubric_changed(tmp_path: Path) -> None:
    if journey.chromium_path() is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    plan, rubric = tmp_path / "plan.txt", tmp_path / "office.yaml"
    plan.write_text(review_journey.SHORT_PLAN, encoding="utf-8")
    rubric.write_bytes(review_journey.shipped_rubric())
    with operator_for_a_while() as operator, journey.browser() as chromium:
        operator.variables["DECALOGO_EVALUATION__RUBRIC"] = str(rubric)
        operator.up()
        ana, luis = (Visitor(chromium, operator.url) for _ in range(2))
        one, other = (operator.client("token", "create", name, *review_journey.REVIEWER) for name in ("ana", "luis"))
        tokens = (one.stdout.strip(), other.stdout.strip())

        def evaluate_again(document: str) -> None:
            rubric.write_bytes(review_journey.other_rubric())
            review_journey.evaluate_again(ana, document)

        review_journey.two_reviewers(ana, luis, tokens, plan, evaluate_again, tmp_path)
        log = operator.client("audit", "verify").stdout
        assert "all intact" in log
        assert operator.client("audit", "export").stdout.count('"action":"review.sign"') == 2
