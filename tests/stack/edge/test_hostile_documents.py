"""Documents of a few kilobytes that would hold a worker, sent by one tenant while another one works.

Each ends as failed in one attempt. No process is killed for its memory, and no alert of workers fires. The other tenant
waits as long as its own documents take with half of the processes. The waits are printed: how long they are depends on
the machine (`bench/waits.py` measures them).
"""

from __future__ import annotations

import statistics
import time
from datetime import datetime
from typing import Any

import httpx
from addresses import Open
from hostile_files import HOSTILE

from appliance import Appliance, docker
from client import Client
from papers import small_documents

ALERTS = {
    "AdmissionClosed",
    "DeadLetters",
    "NoWorker",
    "RecoveryNotRunning",
    "RedeliveryStorm",
    "RedisDown",
    "WorkerGone",
}
"""Alerts of a worker or a queue that an attack holds; those of slow answers may fire on a busy machine."""


def finished(client: Client, files: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
    """Submit a batch and return its documents once it is finished."""
    job_id = client.upload(files)["job_id"]
    client.follow(job_id)
    return client.documents(job_id)


def moment(document: dict[str, Any], name: str) -> float:
    return datetime.fromisoformat(document[name]).timestamp()


def median_wait(documents: list[dict[str, Any]]) -> float:
    """Return the median of the seconds from upload to start."""
    return statistics.median(moment(one, "started_at") - moment(one, "created_at") for one in documents)


def killed(appliance: Appliance) -> dict[str, str]:
    """Return containers that were restarted or killed, and how often the kernel killed a process of each."""
    found = {}
    for one in appliance.inspect():
        command = "cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null || true"
        counts = docker("exec", one["Id"], "sh", "-c", command) if one["State"]["Running"] else ""
        kills = "".join(line for line in counts.splitlines() if line.startswith("oom_kill "))
        found[one["Name"]] = f"{one['State'].get('OOMKilled')} {one['RestartCount']} {kills}"
    return found


def firing(appliance: Appliance, client: Client, seconds: float) -> set[str]:
    """Return the alerts that fired within the last seconds."""
    user, password = appliance.run("operator").strip().split(":")
    window = f"{int(seconds) + 1}s"
    asked = {"query": f'count by (alertname) (max_over_time(ALERTS{{alertstate="firing"}}[{window}]))'}
    answer = client.ask("GET", "/prometheus/api/v1/query", params=asked, auth=httpx.BasicAuth(user, password))
    assert answer.status_code == 200, answer.text
    return {series["metric"]["alertname"] for series in answer.json()["data"]["result"]}


def test_each_fails_in_one_attempt_while_another_tenant_works(
    appliance: Appliance, open_client: Open, client: Client
) -> None:
    attacker = open_client(appliance.run("token", "create", "attacker", "--tier", "standard").strip())
    deadline = time.monotonic() + 600
    while found := firing(appliance, client, 60) & ALERTS:  # those of the start, before the first scrape of a worker
        assert time.monotonic() < deadline, found
        time.sleep(5)
    before, began = killed(appliance), time.monotonic()
    quiet = finished(client, small_documents(20))
    job_id = attacker.upload([(name, make()) for name, make in HOSTILE.items()])["job_id"]
    attacked = finished(client, small_documents(20))
    attacker.follow(job_id)
    hostile = attacker.documents(job_id)
    ended = {one["filename"]: (one["state"], one["attempts"]) for one in hostile}
    assert ended == dict.fromkeys(HOSTILE, ("failed", 1))
    assert {one["problem"]["type"] for one in hostile} == {"/problems/document-too-large"}
    assert {(one["state"], one["attempts"]) for one in [*quiet, *attacked]} == {("succeeded", 1)}
    # At first hostile documents may hold both processes. Once one of them ends, the other tenant has half.
    runs = sorted(moment(one, "finished_at") - moment(one, "started_at") for one in hostile)
    assert median_wait(attacked) < 3 * median_wait(quiet) + runs[-2] + 5
    assert killed(appliance) == before
    assert not firing(appliance, client, time.monotonic() - began) & ALERTS
    print(f"median wait {median_wait(quiet):.2f} s before, {median_wait(attacked):.2f} s during the attack")
