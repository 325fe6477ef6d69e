"""A burst of documents: how soon it is cleared by the autoscaler, by the guide's rule, and by fixed numbers of workers.

    cd app && ../.venv/bin/python ../bench/autoscaler.py [--documents 1000] [--seconds 2] [--slots 8] [--most 5]
                                                         [--faster 30]

The real loop (``decalogo.autoscale.loop``) with the real policy looks at the real ledger and starts and stops real
worker processes; only the gate to the container engine is replaced, by one that starts processes. Documents wait in the
calibrated evaluator. All times of both rules are divided by ``--faster``. Prints one JSON line a way.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import httpx
from decalogo.autoscale.control import CeleryControl
from decalogo.autoscale.loop import Autoscaler
from decalogo.autoscale.settings import AutoscaleSettings

from stack import Stack, load


class Processes:
    """The gate, for processes of this host instead of containers."""

    def __init__(self, stack: Stack, most: int) -> None:
        self.stack, self.most, self.workers = stack, most, {}
        self.worker_seconds, self._since, self.peak = 0.0, {}, 0
        self._number = 0

    def add(self) -> None:
        """Start one more worker under a name of its own."""
        self._number += 1
        name = str(self._number)
        self.stack.start_worker(self._number)
        self.workers[name], self._since[name] = f"worker-{name}@{_host()}", time.monotonic()
        self.peak = max(self.peak, len(self.workers))

    def remove(self, name: str) -> None:
        """Stop one as ``docker stop`` does."""
        process = self.stack.running.pop(f"worker{name}")
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        del self.workers[name]
        self.worker_seconds += time.monotonic() - self._since.pop(name)

    def end(self) -> None:
        """Stop all."""
        for name in list(self.workers):
            self.remove(name)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer what ``decalogo.autoscale.gate`` answers."""
        if request.method == "POST":
            self.add()
            return httpx.Response(201)
        if request.method == "DELETE":
            self.remove(request.url.path.rpartition("/")[2])
            return httpx.Response(204)
        found = [{"id": n, "name": n, "node": node, "running": True} for n, node in self.workers.items()]
        return httpx.Response(200, json={"workers": found, "room": self.most})


def _host() -> str:
    import socket

    return socket.gethostname()


def measure(way: str, given: argparse.Namespace) -> dict[str, object]:
    """Run one burst; ``way`` is a rule, or a number of workers."""
    from decalogo.queue.app import get_celery

    faster = given.faster
    with tempfile.TemporaryDirectory(prefix="decalogo-bench-") as name:
        paper = Path(name) / "paper.txt"
        paper.write_text("Un plan de desarrollo de una sola línea.\n")
        stack = Stack(Path(name) / "whole", given.slots, given.seconds)
        gate, stop = Processes(stack, given.most), threading.Event()
        fixed = int(way) if way.isdigit() else 0
        settings = AutoscaleSettings(
            rule="clear" if fixed else way, most=given.most, interval_seconds=10 / faster, clear_seconds=600 / faster,
            hold_seconds=180 / faster, settle_seconds=60 / faster, drain_seconds=300,
            guide_interval_seconds=300 / faster, assumed_documents_per_hour=600 * faster,
        )  # fmt: skip
        http = httpx.Client(transport=httpx.MockTransport(gate.answer), base_url="http://gate")
        loop = Autoscaler(stack.ledger, http, CeleryControl(get_celery()), settings)
        try:
            stack.start("scheduler1")
            for _ in range(fixed or 1):
                gate.add()
            stack.finish(stack.submit(paper, 2 * given.slots * (fixed or 1)))
            thread = threading.Thread(target=loop.run, args=(lambda: None, stop.wait), daemon=True)
            if not fixed:
                thread.start()
            gate.worker_seconds, started = 0.0, time.monotonic()
            for worker in gate.workers:
                gate._since[worker] = started
            stack.finish(stack.submit(paper, given.documents))
            cleared = time.monotonic() - started
            stack.wait(lambda: bool(fixed) or len(gate.workers) <= 2, 120, "scaled down")
            quiet = time.monotonic() - started
            stop.set()
            if not fixed:
                thread.join(60)
            gate.end()
        finally:
            stop.set()
            stack.stop_all()
    return {
        "way": f"{fixed} workers" if fixed else f"rule {way}", "documents": given.documents, "faster": faster,
        "cleared_seconds": round(cleared, 1), "most_workers": gate.peak, "scaled_down_after_seconds": round(quiet, 1),
        "worker_seconds": round(gate.worker_seconds), "load": load(),
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--most", type=int, default=5)
    parser.add_argument("--faster", type=float, default=30.0)
    parser.add_argument("--ways", nargs="+", default=["clear", "guide", "1", "2", "5"])
    asked = parser.parse_args()
    for one in asked.ways:
        print(json.dumps(measure(one, asked)), flush=True)
