"""The embedded form from a fresh clone without anything installed: the same journey, without a container engine."""

import pytest

from appliance import Appliance
from papers import REAL_PLAN, small_documents


def test_a_real_plan_and_small_documents_are_evaluated(appliance: Appliance) -> None:
    client = appliance.client(appliance.run("token", "create", "tests").strip())
    accepted = client.upload([(REAL_PLAN.name, REAL_PLAN.read_bytes()), *small_documents(10)])

    assert client.follow(accepted["job_id"])[-1]["succeeded"] == 11
    result = client.get(f"/api/v1/documents/{accepted['documents'][0]['document_id']}/result")
    assert len(result["answers"]) == 300


def test_batches_and_tokens_outlive_down_and_up(appliance: Appliance) -> None:
    token = appliance.run("token", "create", "keeper").strip()
    client = appliance.client(token)
    job_id = client.upload(small_documents(2))["job_id"]

    appliance.run("down")
    appliance.run("up", "--embedded")

    assert client.follow(job_id)[-1]["succeeded"] == 2


def test_the_other_form_is_refused_while_this_one_runs(appliance: Appliance) -> None:
    with pytest.raises(AssertionError, match="stop that first"):
        appliance.run("up")


def test_status_reports_that_it_is_ready(appliance: Appliance) -> None:
    assert "ready" in appliance.run("status")


def test_the_doctor_finds_no_failure(appliance: Appliance) -> None:
    report = appliance.run("doctor")
    assert "FAIL" not in report, report
    assert "0 failed" in report
    assert "correct" in report
