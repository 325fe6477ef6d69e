"""Documents in parts with real workers: they survive the same faults, and their results are the same."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from decalogo.batches.states import DocumentState
from decalogo.connections import connect
from decalogo.evaluation import evaluate
from decalogo.evaluation.rubric import load_rubric
from decalogo.settings import EvaluationSettings, Settings
from tests.evaluation.pdf.pdfs import SENTENCE, lines_pdf
from tests.evaluation.pdf.test_ocr import LINES, scanned
from tests.worker.conftest import Appliance
from tests.worker.splitting_evaluator import install

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def appliance(settings: Settings, tmp_path: Path) -> Iterator[Appliance]:
    evaluation = EvaluationSettings(evaluator="splitting")  # type: ignore[call-arg]
    running = Appliance(settings.model_copy(update={"evaluation": evaluation}), tmp_path)
    install(tmp_path / "plugins")
    yield running
    running.stop()


def start(appliance: Appliance, concurrency: int = 2) -> None:
    appliance.start("scheduler")
    appliance.start("worker", "--concurrency", str(concurrency))
    appliance.start("worker", "--concurrency", "1", "--queues", "suspect")


def document(parts: list[str], join: str = "ok", **more: object) -> str:
    return json.dumps({"parts": parts, "join": join, **more})


def left_over(appliance: Appliance) -> list[str]:
    """Return what is left of parts on disk and in the ledger."""
    client = connect(appliance.settings.redis, appliance.settings.redis.ledger_db)
    files = [path.name for path in (appliance.store.root / "parts").glob("*/*")]
    return [
        *files,
        *client.scan_iter("document:*.*"),
        *client.zrange("queued", 0, -1),
        *client.zrange("running", 0, -1),
    ]


def text(appliance: Appliance, key: str) -> str:
    return str(json.loads(appliance.store.read(key))["text"])


def test_parts_are_read_concurrently_and_joined_in_order(appliance: Appliance) -> None:
    start(appliance)
    job_id, _ = appliance.submit([document(["sleep 0.2", "ok", "sleep 0.1", "ok"]), "ok"])
    parted, plain = appliance.wait_finished(job_id)
    assert (parted.state, parted.attempts, plain.attempts) == (DocumentState.SUCCEEDED, 2, 1)
    assert text(appliance, parted.result_key) == "known sleep ok sleep ok"
    appliance.wait(lambda: not left_over(appliance), 60, "nothing is left of the parts")


def test_a_killed_process_of_a_part_or_of_the_join_only_delays_the_document(appliance: Appliance) -> None:
    start(appliance)
    part, join = appliance.folder / "part", appliance.folder / "join"
    job_id, _ = appliance.submit([document(["ok", f"kill-once {part}", "ok"], f"kill-once {join}"), *["ok"] * 5])
    parted, *others = appliance.wait_finished(job_id)
    assert part.exists()
    assert join.exists()
    assert text(appliance, parted.result_key) == "known ok kill-once ok"
    assert parted.attempts == 3
    assert {d.attempts for d in others} == {1}
    appliance.wait(lambda: not left_over(appliance), 60, "nothing is left of the parts")


def test_the_parts_of_a_document_share_its_allowance_of_cpu_time(appliance: Appliance) -> None:
    evaluation = EvaluationSettings(evaluator="splitting", cpu_seconds=4, cpu_seconds_per_mib=0)  # type: ignore[call-arg]
    appliance.settings = appliance.settings.model_copy(update={"evaluation": evaluation})
    start(appliance)
    job_id, _ = appliance.submit([document(["burn match 0", "ok"]), document(["ok", "ok"], "burn match 0")])
    part, join = appliance.wait_finished(job_id)
    assert {part.state, join.state} == {DocumentState.FAILED}
    assert part.problem is not None
    assert "2 s of processor time" in str(part.problem["detail"])
    assert join.problem is not None
    assert "4 s of processor time" in str(join.problem["detail"])


def test_a_killed_worker_loses_no_part(appliance: Appliance) -> None:
    appliance.start("scheduler")
    first = appliance.start("worker", "--concurrency", "2")
    marks = [appliance.folder / "mark0", appliance.folder / "mark1"]
    job_id, _ = appliance.submit([document([*(f"hang-once {mark}" for mark in marks), "ok"])])
    appliance.wait(lambda: all(mark.exists() for mark in marks), 60, "both processes read parts")
    os.killpg(first.pid, signal.SIGKILL)
    appliance.start("worker", "--concurrency", "2")
    appliance.start("worker", "--concurrency", "1", "--queues", "suspect")
    (parted,) = appliance.wait_finished(job_id)
    assert text(appliance, parted.result_key) == "known hang-once hang-once ok"
    appliance.wait(lambda: not left_over(appliance), 60, "nothing is left of the parts")


def test_a_part_that_cannot_be_read_does_not_stop_the_document(appliance: Appliance) -> None:
    start(appliance)
    job_id, _ = appliance.submit([document(["ok", "damaged"])])
    (parted,) = appliance.wait_finished(job_id)
    assert (parted.state, text(appliance, parted.result_key)) == (DocumentState.SUCCEEDED, "known ok")


@pytest.mark.usefixtures("tesseract")
def test_a_long_plan_and_a_scan_have_the_same_result_as_when_one_process_reads_them(
    appliance: Appliance, tmp_path: Path
) -> None:
    rubric = load_rubric("decalogo")
    evaluation = EvaluationSettings(split_pages=8, part_pages=4, ocr_part_pages=2)  # type: ignore[call-arg]
    appliance.settings = appliance.settings.model_copy(update={"evaluation": evaluation})
    start(appliance)
    contents = [
        lines_pdf(
            [[f"{n}. {SENTENCE[:60]}", "Las mujeres víctimas de violen-", "cia son atendidas."] for n in range(10)]
        ),
        scanned([LINES, LINES[:2], LINES[1:]], readable="La tasa fue de 30 casos en 2019."),
    ]
    expected = [evaluate(content, rubric).to_json() for content in contents]
    job_id, _ = appliance.submit(contents)
    for done, result in zip(appliance.wait_finished(job_id, 240), expected, strict=True):
        assert (done.state, done.attempts) == (DocumentState.SUCCEEDED, 2)
        assert appliance.store.read(done.result_key) == result
    appliance.wait(lambda: not left_over(appliance), 60, "nothing is left of the parts")
