"""Workers come and go under load: as many documents run as there are processes, and none is lost or evaluated twice."""

import time
from collections.abc import Callable

from appliance import Appliance
from client import Client
from papers import small_text

PROCESSES_PER_WORKER = 4
DOCUMENTS = 400


def test_workers_scale_from_one_to_six_to_two_while_documents_flow(appliance: Appliance, client: Client) -> None:
    job_id = client.upload([(f"plan-{n}.txt", small_text(n)) for n in range(DOCUMENTS)])["job_id"]

    def running() -> int:
        return int(client.get(f"/api/v1/batch/status/{job_id}")["counts"]["running"])

    until(lambda: running() == PROCESSES_PER_WORKER, "one worker is busy")
    scale(appliance, 6)
    until(lambda: running() > 2 * PROCESSES_PER_WORKER, "further workers take documents")
    until(lambda: len(started(appliance)) == 6, "six workers")
    scale(appliance, 2)
    state = client.get(f"/api/v1/batch/status/{job_id}")["state"]
    assert state != "finished", "no work was left while the workers went"
    last = client.follow(job_id)[-1]

    assert len(appliance.container_ids("worker")) == 2
    assert last["succeeded"] == last["total"] == DOCUMENTS
    attempts = [document["attempts"] for document in client.documents(job_id)]
    assert len(attempts) == DOCUMENTS
    # A document that a stopping worker requeues is no lost attempt.
    assert max(attempts) <= 1


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < deadline, f"no sign of: {what}"
        time.sleep(0.2)


def started(appliance: Appliance) -> list[str]:
    return appliance.compose("ps", "--quiet", "--status", "running", "worker").split()


def scale(appliance: Appliance, workers: int) -> None:
    """Change the number of workers; not waiting for their health, so that documents flow meanwhile."""
    appliance.compose("up", "--detach", "--no-recreate", "--scale", f"worker={workers}", "worker")
