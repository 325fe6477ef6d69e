"""The main use without a container engine: submit a real plan, lose workers, read 300 answers, restart."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.embedded.conftest import COMMAND, Operator, children, operator_for_a_while, wait_until

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(1800)]

TEXT = "En 2023 se registraron 3 feminicidios según el Instituto Nacional de Medicina Legal."


@pytest.fixture(scope="module")
def appliance() -> Iterator[Operator]:
    with operator_for_a_while() as operator:
        operator.up()
        yield operator


def api(operator: Operator) -> httpx.Client:
    token = Path(operator.run("token").stdout.strip()).read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{operator.url}/api/v1/", headers=headers, trust_env=False, timeout=120)


def batches(operator: Operator) -> list[str]:
    with api(operator) as client:
        return [batch["job_id"] for batch in client.get("batch").json()["batches"]]


def job_id(printed: str) -> str:
    return next(line for line in printed.splitlines() if line.startswith("batch_"))


def read_summary(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "summary.csv").open(encoding="utf-8-sig", newline="") as handle:
        return {row["document"]: row for row in csv.DictReader(handle)}


def test_a_real_plan_and_a_small_text_are_evaluated_with_evidence(
    appliance: Operator, real_plan: Path, tmp_path: Path
) -> None:
    (tmp_path / "corto.txt").write_text(TEXT, encoding="utf-8")
    out = tmp_path / "results"
    appliance.client("submit", str(tmp_path / "corto.txt"), str(real_plan), "--id", "../corto", "--id", "Florencia",
                     "--not-applicable", "P9=no hay cárcel", "-o", str(out))  # fmt: skip
    rows = read_summary(out)
    assert {name: row["state"] for name, row in rows.items()} == {"../corto": "succeeded", "Florencia": "succeeded"}
    assert sorted(path.name for path in out.iterdir()) == ["Florencia.json", "corto.json", "summary.csv"]
    result = json.loads((out / "Florencia.json").read_bytes())
    assert len(result["answers"]) == 300
    assert float(rows["Florencia"]["global_percent"]) == result["global"]["percent"]
    assert rows["Florencia"]["rating"] == result["global"]["rating"]


def test_every_quote_stands_on_its_page(appliance: Operator, real_plan: Path) -> None:
    job = job_id(appliance.client("submit", str(real_plan), "--wait").stdout)
    with api(appliance) as client:
        document = client.get(f"batch/{job}/documents").json()["documents"][0]["document_id"]
        result = client.get(f"documents/{document}/result").json()
        pages: dict[int, str] = {}
        checked = 0
        for answer in result["answers"]:
            assert answer["evidence"] or not answer["score"], answer["id"]
            for evidence in answer["evidence"]:
                number = evidence["page"]
                if number not in pages:
                    pages[number] = client.get(f"documents/{document}/pages/{number}").json()["text"]
                assert pages[number][evidence["start"] : evidence["end"]] == evidence["quote"]
                checked += 1
    assert checked > 100


def test_bad_documents_fail_with_a_reason_beside_good_ones(appliance: Operator, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "empty.pdf").write_bytes(b"")
    (tmp_path / "cut.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<<")
    files = [str(tmp_path / name) for name in ("good.txt", "empty.pdf", "cut.pdf")]
    job = job_id(appliance.client("submit", *files, "--wait", status=3).stdout)
    for form in ("json", "jsonl"):
        out = tmp_path / form
        appliance.client("results", job, "-o", str(out), "--format", form, status=3)
        rows = read_summary(out)
        assert {name: row["state"] for name, row in rows.items()} == {
            "good": "succeeded", "empty": "failed", "cut": "failed",
        }  # fmt: skip
        assert all(rows[name]["problem"] for name in ("empty", "cut"))
        assert not rows["good"]["problem"]
    assert len((tmp_path / "jsonl" / "results.jsonl").read_text().splitlines()) == 3


def test_workers_killed_in_the_middle_cost_no_document(appliance: Operator, real_plan: Path, tmp_path: Path) -> None:
    copies = []
    for number in range(12):
        copies.append(tmp_path / f"plan-{number:02}.pdf")
        copies[-1].symlink_to(real_plan)
    job = job_id(appliance.client("submit", *map(str, copies)).stdout)
    with api(appliance) as client:

        def counts() -> dict[str, int]:
            answer: dict[str, int] = client.get(f"batch/status/{job}").json()["counts"]
            return answer

        wait_until(lambda: counts()["succeeded"] >= 1, 500, "the first document to be done")
        worker = appliance.pid("worker")
        os.kill(children(worker)[0], signal.SIGKILL)
        wait_until(lambda: counts()["succeeded"] >= 3, 500, "work to go on after a lost child")
        assert counts()["queued"] + counts()["running"] > 0, "the worker must be killed while there is work"
        os.kill(worker, signal.SIGKILL)
        appliance.client("status", job, "--wait")
        assert counts()["succeeded"] == counts()["total"] == 12
        assert appliance.pid("worker") != worker
        documents: list[dict[str, Any]] = client.get(f"batch/{job}/documents").json()["documents"]
    assert any(document["attempts"] > 1 for document in documents)


def test_a_stop_in_the_middle_is_continued_by_the_next_start(
    appliance: Operator, real_plan: Path, tmp_path: Path
) -> None:
    done = job_id(appliance.client("submit", str(real_plan), "--wait").stdout)
    appliance.client("results", done, "-o", str(tmp_path / "before"))
    token = appliance.client("token", "create", "survivor").stdout.strip()
    copies = []
    for number in range(12):
        copies.append(tmp_path / f"plan-{number}.pdf")
        copies[-1].symlink_to(real_plan)
    with api(appliance) as client:  # before the work begins: it takes a while to open
        open_job = job_id(appliance.client("submit", *map(str, copies)).stdout)
        counts = client.get(f"batch/status/{open_job}").json()["counts"]
    assert counts["queued"] + counts["running"] > 0, "it must be stopped while there is work"
    appliance.run("down")
    appliance.up()
    appliance.client("status", open_job, "--wait")
    appliance.client("results", done, "-o", str(tmp_path / "after"))
    name = f"{real_plan.stem}.json"
    assert (tmp_path / "after" / name).read_bytes() == (tmp_path / "before" / name).read_bytes()
    answer = httpx.get(
        f"{appliance.url}/api/v1/batch", headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=120
    )
    assert (answer.status_code, answer.json()["batches"]) == (200, []), "known, and of another tenant"


def test_wrong_use_has_its_own_exit_status(appliance: Operator, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    file = str(tmp_path / "a.txt")
    token = appliance.client("token", "create", "standard").stdout.strip()
    assert "No batch has this id" in appliance.client("status", "batch_nonsense", status=1).stderr
    assert "not valid" in appliance.client("submit", file, "--token", "dcl_nobody_xxxxxxxxxxxxxxxxx", status=1).stderr
    assert "rubric" in appliance.client("submit", file, "--rubric", "nonsense", status=1).stderr
    assert "does not exist" in appliance.client("submit", str(tmp_path / "none.pdf"), status=2).stderr
    many = [file] * 51
    (one,) = appliance.client("submit", *many, "--token", token).stdout.split()
    assert "of 51" in appliance.client("status", one, "--token", token).stdout
    split = appliance.client("submit", *many, "--token", token, "--split", "50").stdout
    assert len(split.splitlines()) == 2
    away = appliance.client("status", "batch_x", "--url", "http://127.0.0.1:1", "--retry-timeout", "1", status=4)
    assert "no success with http://127.0.0.1:1" in away.stderr


def test_a_probe_is_evaluated_and_deleted_and_workers_are_listed(appliance: Operator, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    before = batches(appliance)
    printed = appliance.client("probe", str(tmp_path / "a.txt"), "--documents", "3").stdout
    assert "all 3 results are correct" in printed
    slow = appliance.client("probe", str(tmp_path / "a.txt"), "--target", "1000000000", status=5).stdout
    assert "below the target of 1,000,000,000" in slow
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7\n")
    assert "is failed: " in appliance.client("probe", str(tmp_path / "bad.pdf"), status=3).stdout
    assert batches(appliance) == before
    assert "2 at once" in appliance.client("workers").stdout


def test_interrupting_the_wait_leaves_the_batch_alone(appliance: Operator, real_plan: Path) -> None:
    token_file = appliance.run("token").stdout.strip()
    command = [*COMMAND, "submit", str(real_plan), "--wait", "--url", appliance.url, "--token-file", token_file]
    # A test run started in the background ignores SIGINT, and its children with it; a user's shell does not.
    listening = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **listening) as waiting:
        assert waiting.stdout is not None
        job = waiting.stdout.readline().strip()
        waiting.send_signal(signal.SIGINT)
        messages = waiting.communicate(timeout=120)[1]
    assert waiting.returncode == 130
    assert f"decalogo status --wait {job}" in messages, messages
    assert "1 succeeded of 1" in appliance.client("status", job, "--wait").stdout


def test_deleting_the_data_leaves_nothing(appliance: Operator) -> None:
    appliance.run("down", "--volumes")
    assert not appliance.data.exists(), sorted(map(str, appliance.data.rglob("*")))
