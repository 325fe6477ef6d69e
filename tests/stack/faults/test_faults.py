"""Every component is killed under a stream of documents; then the client's own record is compared with the results.

In this order, on one running appliance. FAULTS_REPORT=FOLDER writes the table of docs/explanation/measurements.md.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx
import pytest
from conftest import Attack
from ground import wait
from journal import markdown, write
from stream import UPLOAD, all_batches, reconcile, submit

from appliance import SERVICES, docker
from client import Client
from papers import small_text

LEASE_SECONDS = 10.0
WITHOUT_RECOVERY_SECONDS = 15 * 60.0
"""Recovery takes seconds. Without it a document waits for the visibility timeout of its message, two hours."""


def test_a_killed_process_of_a_worker(attack: Attack) -> None:
    for _ in range(3):
        victims = [process for worker in attack.ground.ids("worker") for process in attack.some_of(worker)]
        with attack.fault("every other process of each worker killed"):
            attack.kill(*victims)


def test_a_killed_parent_of_a_worker(attack: Attack) -> None:
    parent = attack.ground.main_process(attack.ground.ids("worker")[0])
    with attack.fault("a worker's parent killed"):
        attack.kill(parent)


def test_a_killed_worker_container(attack: Attack) -> None:
    worker = attack.ground.ids("worker")[1]
    first_process = int(attack.ground.state(worker)["State"]["Pid"])
    with attack.fault("a worker container killed"):
        attack.kill(first_process)  # which ends all of them; the engine starts the container again


def test_all_workers_killed(attack: Attack) -> None:
    workers = [*attack.ground.ids("worker"), *attack.ground.ids("suspect")]
    with attack.fault("all worker containers killed"):
        docker("kill", *workers)
        docker("start", *workers)


def test_the_scheduler_and_a_worker_process_killed_together(attack: Attack) -> None:
    (scheduler,) = attack.ground.ids("scheduler")
    victims = [attack.ground.main_process(scheduler), *attack.some_of(attack.ground.ids("worker")[0])]
    with attack.fault("the scheduler and every other process of a worker killed"):
        attack.kill(*victims)


@pytest.mark.parametrize("service", ["nginx", "api"])
def test_nginx_or_the_api_killed_in_the_middle_of_uploads(attack: Attack, service: str) -> None:
    halfway = threading.Event()
    files = [(f"slow-{n}.txt", small_text(n) * 4000) for n in range(2)]
    uploads = [
        threading.Thread(target=submit, args=(attack.another_client(), files, attack.book), kwargs={"slowly": halfway})
        for _ in range(2)
    ]
    before, broken = len(attack.book.batches), attack.book.repeated.total()
    incoming = attack.ground.disks["artifacts"].folder / "incoming"
    (container,) = attack.ground.ids(service)
    victim = attack.ground.main_process(container)
    with attack.fault(f"{service} killed in the middle of uploads"):
        for upload in uploads:
            upload.start()
        wait(lambda: len(list(incoming.glob("*"))) >= 2, "two uploads under way")
        attack.kill(victim)
        halfway.set()
    for upload in uploads:
        upload.join(700)
    assert attack.book.repeated.total() >= broken + 2, "no upload was cut"
    assert len(attack.book.batches) >= before + 2


def test_redis_killed(attack: Attack) -> None:
    (container,) = attack.ground.ids("redis")
    for _ in range(2):
        with attack.fault("Redis killed"):
            attack.kill(attack.ground.main_process(container))


def test_a_worker_stopped_with_work(attack: Attack) -> None:
    worker = attack.ground.ids("worker")[0]
    with attack.fault("a worker stopped (SIGTERM)"):
        docker("stop", worker)
        docker("start", worker)


def test_a_worker_frozen_past_its_lease(attack: Attack) -> None:
    worker = attack.ground.ids("worker")[1]
    for _ in range(5):  # a process that is frozen just before it begins a document gives no late answer
        freeze_past_its_lease(attack, worker)
        if refuses_a_late_answer(attack, worker):
            return
    pytest.fail("no late answer was refused")


def freeze_past_its_lease(attack: Attack, worker: str) -> None:
    """Freeze a worker until the lease of one of its documents has expired."""
    ground = attack.ground
    with attack.fault("a worker frozen past its lease, then woken") as documents:
        before = ground.lost(documents)
        with attack.frozen(worker, 0):  # a lease expires once the scheduler looks, which takes longer on a busy machine
            wait(lambda: ground.lost(documents) != before, "an attempt whose lease expired", 600)


def refuses_a_late_answer(attack: Attack, worker: str) -> bool:
    """Return whether a worker's log names a late answer within a minute."""
    for _ in range(60):
        attack.journal.read([worker])
        if attack.journal.late_attempts() > 0:
            return True
        time.sleep(1)
    return False


def test_redis_frozen_for_half_a_minute(attack: Attack) -> None:
    (container,) = attack.ground.ids("redis")
    with attack.fault("Redis frozen for 30 s"), attack.frozen(container, 30):
        pass


def test_a_worker_cut_off_the_network(attack: Attack) -> None:
    worker = attack.ground.ids("worker")[0]
    network = f"{attack.ground.appliance.name}_backend"
    with attack.fault("a worker's network cut for 14 s"):
        docker("network", "disconnect", network, worker)
        time.sleep(LEASE_SECONDS + 4)  # the duration of the fault
        docker("network", "connect", network, worker)
    connected = time.time()

    def works_again() -> bool:
        attack.journal.read([worker])
        return any(
            line["at"] > connected and line.get("outcome") == "succeeded" for line in attack.journal.lines[worker]
        )

    wait(works_again, "the worker takes documents again", 600)


def test_workers_replaced_by_an_update(attack: Attack) -> None:
    attack.read_logs()  # the old containers take their logs with them
    with attack.fault("workers replaced by an update"):
        attack.ground.judge_with("decalogo")


def answer_to_an_upload(client: Client) -> httpx.Response:
    """Hand in a document until it is not the rate that says no: the stream has the same address."""
    deadline = time.monotonic() + 600
    while True:
        answer = client.http.post(UPLOAD, files=[("files", ("a.txt", b"texto"))])
        if answer.status_code != 429 or time.monotonic() > deadline:
            return answer
        time.sleep(float(answer.headers["Retry-After"]))


def test_a_full_disk_of_the_artifact_store(attack: Attack) -> None:
    disk = attack.ground.disks["artifacts"]
    with attack.fault("the artifact store's disk full for 8 s", at_work=1):
        disk.fill()
        try:
            refused = answer_to_an_upload(attack.client)
            time.sleep(8)  # the duration of the fault
        finally:
            disk.free()
    assert refused.status_code == 503, refused.text
    assert refused.json()["limit"] == "disk"


def test_a_full_disk_of_redis(attack: Attack) -> None:
    (container,) = attack.ground.ids("redis")
    restarts = attack.ground.state(container)["RestartCount"]
    disk = attack.ground.disks["redis"]
    with attack.fault("Redis's disk full", at_work=1):
        disk.fill()
        try:
            wait(lambda: attack.ground.state(container)["RestartCount"] > restarts, "Redis gives up")
        finally:
            disk.free()


def test_everything_killed_and_started_as_after_a_reboot(attack: Attack) -> None:
    containers = [one for service in SERVICES for one in attack.ground.ids(service)]
    with attack.fault("every container killed and started", at_work=1):
        docker("kill", *containers)
        docker("start", *containers)  # in any order, as the engine does


def test_nothing_was_lost_doubled_wrong_or_stuck(attack: Attack, report_folder: Path | None) -> None:
    attack.stream.end()
    book = attack.book
    drained = time.monotonic()
    wait(lambda: set(all_batches(attack.client).values()) == {"finished"}, "everything finished", 600)
    drained = time.monotonic() - drained
    attack.read_logs()
    outcome = reconcile(attack.client, book)
    rows = attack.journal.rows(outcome.unsound)
    twice = [document for document, count in attack.journal.standing().items() if count > 1]
    print(f"\n{markdown(rows)}\n{outcome}\nuploads sent again: {dict(book.repeated)}")
    if report_folder:
        counts = {name: value for name, value in vars(outcome).items() if name != "unsound"}
        write(report_folder, rows, {**counts, "repeated": book.repeated, "drained_seconds": round(drained, 1)})
    assert outcome.clean(), outcome
    assert twice == []
    assert len(book.documents) > 300
    assert len(rows) == 16


def test_documents_that_lost_their_worker_ran_again(attack: Attack) -> None:
    """How soon is bench/recovery.py's to measure: a process that a busy machine does not run cannot start anything."""
    rows = {row.fault: row for row in attack.journal.rows(set())}
    for fault in ("every other process of each worker killed", "a worker's parent killed", "a worker container killed"):
        row = rows[fault]
        assert row.handed_back > 0, f"{fault}: it hit nothing"
        assert row.again_max is not None, f"{fault}: nothing ran again"
        assert row.again_max < WITHOUT_RECOVERY_SECONDS
