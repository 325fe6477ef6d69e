"""Measure how soon a document runs again after its worker, or its worker process, was killed.

    python bench/recovery.py [--rounds 8] [--lease 10]

Prints one JSON line per fault: rounds, lost and doubled documents, seconds until the document ran again (p50, max).
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from datetime import datetime

from appliance import Embedded, children, wait

DOCUMENT_SECONDS = 3.0
SETTINGS = {
    "DECALOGO_EVALUATION__EVALUATOR": "synthetic",
    "DECALOGO_SYNTHETIC__CPU_SECONDS": "0",
    "DECALOGO_SYNTHETIC__WAIT_SECONDS": str(DOCUMENT_SECONDS),
    "DECALOGO_SYNTHETIC__MEMORY_MIB": "0",
}


def kill_process(appliance: Embedded) -> None:
    """Kill the single worker process."""
    appliance.kill(children(appliance.pid("worker"))[-1])


def kill_worker(appliance: Embedded) -> None:
    """Kill the worker with its process, as the loss of its container does."""
    appliance.kill(appliance.pid("worker"))


def measure(fault: str, rounds: int, lease: float) -> dict[str, object]:
    """Inject a fault ``rounds`` times with a running document."""
    seconds: list[float] = []
    lost = doubled = 0
    with Embedded(1, {**SETTINGS, "DECALOGO_QUEUE__LEASE_SECONDS": str(lease)}) as appliance:
        for number in range(rounds):
            job_id = appliance.submit([f"document {number}".encode()], ".txt")
            wait(lambda job_id=job_id: appliance.counts(job_id)["running"], 60, "the document runs")
            killed = time.time()
            FAULTS[fault](appliance)
            wait(lambda job_id=job_id: appliance.documents(job_id)[0]["attempts"] > 1, 60, "it runs again")
            (document,) = appliance.documents(job_id)
            seconds.append(datetime.fromisoformat(document["started_at"]).timestamp() - killed)
            wait(lambda job_id=job_id: appliance.client.status(job_id)["state"] == "finished", 120, "it is finished")
            (document,) = appliance.documents(job_id)
            lost += document["state"] != "succeeded"
            doubled += document["attempts"] != 2
            wait(lambda: children(appliance.pid("worker")), 60, "the worker is back")
    return {
        "fault": fault, "rounds": rounds, "lease_seconds": lease, "lost": lost, "doubled": doubled,
        "again_p50_seconds": round(statistics.median(seconds), 2), "again_max_seconds": round(max(seconds), 2),
    }  # fmt: skip


FAULTS = {"worker process killed": kill_process, "worker killed": kill_worker}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--lease", type=float, default=10.0)
    given = parser.parse_args()
    for name in FAULTS:
        print(json.dumps(measure(name, given.rounds, given.lease)), flush=True)
