"""Workers come and go under load: throughput follows, and no document is lost or evaluated twice."""

import time

from conftest import SECONDS_A_DOCUMENT

from appliance import Appliance
from client import TERMINAL, Client
from papers import small_text

PROCESSES_PER_WORKER = 4
DOCUMENTS = 400


def test_workers_scale_from_one_to_six_to_two_while_documents_flow(appliance: Appliance, client: Client) -> None:
    job_id = client.upload([(f"plan-{n}.txt", small_text(n)) for n in range(DOCUMENTS)])["job_id"]

    one = rate(client, job_id, seconds=12)
    scale(appliance, 6)
    six = rate(client, job_id, seconds=12)
    scale(appliance, 2)
    last = client.follow(job_id)[-1]

    print(f"documents a second: {one:.1f} with 1 worker, {six:.1f} with 6")
    assert last["succeeded"] == last["total"] == DOCUMENTS
    assert one <= 1.1 * PROCESSES_PER_WORKER / SECONDS_A_DOCUMENT
    assert six > 2 * one
    attempts = [document["attempts"] for document in client.documents(job_id)]
    assert len(attempts) == DOCUMENTS
    # A document that a stopping worker requeues is no lost attempt.
    assert max(attempts) <= 1


def rate(client: Client, job_id: str, *, seconds: float) -> float:
    """Return the documents finished per second, measured over ``seconds``."""
    before, started = finished(client, job_id), time.monotonic()
    while time.monotonic() - started < seconds:
        time.sleep(0.5)  # the window that is measured
    return (finished(client, job_id) - before) / (time.monotonic() - started)


def finished(client: Client, job_id: str) -> int:
    counts = client.get(f"/api/v1/batch/status/{job_id}")["counts"]
    return sum(int(counts[state]) for state in TERMINAL)


def scale(appliance: Appliance, workers: int) -> None:
    appliance.compose(
        "up", "--detach", "--wait", "--no-recreate", "--scale", f"worker={workers}", "worker", timeout=800
    )
    assert len(appliance.container_ids("worker")) == workers
