"""Sample the use of the containers and the counters of the ledger every two seconds."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from loadtest.stack import PROJECT, Stack

EVERY_SECONDS = 2.0
LOOK_SECONDS = 5.0
"""Interval between two listings of the containers, seconds."""
LAST_SECONDS = 60.0
"""Timeout for the final figures of a run, seconds."""
SOCKET = "/var/run/docker.sock"
LEDGER = {
    "decalogo_queue_documents": "queued",
    "decalogo_documents_running": "running",
    "decalogo_documents_accepted_total": "accepted",
    "decalogo_documents_finished_total": "finished",
    "decalogo_redeliveries_total": "redeliveries",
    "decalogo_attempts_total": "attempts",
    "decalogo_attempts_lost_total": "lost_attempts",
    "decalogo_documents_requeued_total": "requeued",
    "decalogo_redis_memory_used_bytes": "redis_bytes",
    "decalogo_admission_rejections_total": "refusals",
}


@dataclass
class Samples:
    """Samples over time.

    Attributes:
        ledger: one dictionary per sample (``at`` in Unix seconds, the names of ``LEDGER``).
        use: one dictionary per sample: ``at``, per service ``[CPU seconds since its start, memory in bytes]``.
        host: one dictionary per sample: ``at``, and CPU seconds ``busy``, ``waiting`` for disks, and ``all``.
    """

    ledger: list[dict[str, float]] = field(default_factory=list)
    use: list[dict[str, Any]] = field(default_factory=list)
    host: list[dict[str, float]] = field(default_factory=list)

    def host_shares(self, start: float, end: float) -> dict[str, float]:
        """Return the shares of CPU time that were busy, and that waited for disks."""
        inside = [moment for moment in self.host if start - EVERY_SECONDS <= moment["at"] <= end + EVERY_SECONDS]
        if len(inside) < 2:
            return {}
        first, last = inside[0], inside[-1]
        whole = max(1e-9, last["all"] - first["all"])
        return {name: (last[name] - first[name]) / whole for name in ("busy", "waiting")}

    def cpu_seconds(self, start: float, end: float) -> dict[str, float]:
        """Return the CPU seconds per service between two times, including services that started or ended."""
        inside = [moment for moment in self.use if start - EVERY_SECONDS <= moment["at"] <= end + EVERY_SECONDS]
        if len(inside) < 2:
            return {}
        began = {name: used[0] for name, used in inside[0].items() if name != "at"}
        # The maximum, because a container that misses one answer is missing in the sum of its service.
        ended: dict[str, float] = {}
        for moment in inside:
            for name, used in moment.items():
                if name != "at":
                    ended[name] = max(ended.get(name, 0.0), used[0])
        return {name: seconds - began.get(name, 0.0) for name, seconds in ended.items()}

    def peak_mib(self, start: float, end: float) -> dict[str, float]:
        """Return the peak memory per service, MiB, and of all except Locust as ``all``."""
        most: dict[str, float] = defaultdict(float)
        for moment in self.use:
            if start <= moment["at"] <= end:
                held = {name: used[1] / (1 << 20) for name, used in moment.items() if name != "at"}
                held["all"] = sum(size for name, size in held.items() if not name.startswith("locust"))
                for name, size in held.items():
                    most[name] = max(most[name], size)
        return dict(most)

    def grown(self, name: str) -> float:
        """Return the growth of a ledger counter from the first to the last sample."""
        values = [moment[name] for moment in self.ledger if name in moment]
        return values[-1] - values[0] if values else 0.0


class Sampler(threading.Thread):
    """Thread that takes samples until it is stopped."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self.stack, self.samples = stack, Samples()
        self._ended = threading.Event()
        self._engine = httpx.Client(transport=httpx.HTTPTransport(uds=SOCKET), base_url="http://engine", timeout=20)
        self._http = httpx.Client(timeout=5, trust_env=False)
        self._scheduler = f"http://{stack.addresses('scheduler')[0]}:9100/metrics"
        self._containers: dict[str, str] = {}
        self._looked = 0.0
        self._pool = ThreadPoolExecutor(8)

    def run(self) -> None:
        """Take samples."""
        while True:
            self.samples.host.append(host())
            with suppress(httpx.HTTPError):
                self.samples.ledger.append(self.ledger())
            with suppress(httpx.HTTPError):
                self.samples.use.append(self.use())
            if self._ended.wait(EVERY_SECONDS):
                return

    def stop(self) -> None:
        """Stop sampling."""
        self._ended.set()
        self.join()

    def last(self) -> Samples:
        """Take the last sample, after ``stop``, and return all.

        Raises:
            SystemExit: the scheduler or the engine no longer answers.
        """
        self.samples.ledger.append(_until_answered(self.ledger))
        self.samples.use.append(_until_answered(self.use))
        self.samples.host.append(host())
        return self.samples

    def ledger(self) -> dict[str, float]:
        """Return the ledger metrics of the scheduler."""
        values: dict[str, float] = {"at": time.time(), **dict.fromkeys(LEDGER.values(), 0.0)}
        for family in text_string_to_metric_families(self._http.get(self._scheduler).text):
            for sample in family.samples:
                if sample.name in LEDGER:
                    values[LEDGER[sample.name]] += sample.value
        return values

    def use(self) -> dict[str, Any]:
        """Return CPU seconds and memory per service."""
        if time.time() - self._looked > LOOK_SECONDS:
            self._looked = time.time()
            self._containers = self._listed()
        values: dict[str, Any] = {"at": time.time()}
        for service, answer in zip(
            self._containers.values(), self._pool.map(self._stats, self._containers), strict=True
        ):
            if answer is not None:
                before = values.get(service, [0.0, 0.0])
                values[service] = [before[0] + answer[0], before[1] + answer[1]]
        return values

    def _listed(self) -> dict[str, str]:
        """Return the service of every running container, by its id."""
        wanted = {"filters": json.dumps({"label": [f"com.docker.compose.project={PROJECT}"]})}
        answer = self._engine.get("/v1.41/containers/json", params=wanted)
        return {one["Id"]: one["Labels"]["com.docker.compose.service"] for one in answer.raise_for_status().json()}

    def _stats(self, container: str) -> tuple[float, float] | None:
        """Return CPU seconds and memory (bytes; see ``used``) of a container; ``None`` when it is gone."""
        # With one-shot the engine answers immediately instead of after a second.
        wanted = {"stream": "false", "one-shot": "true"}
        answer = self._engine.get(f"/v1.41/containers/{container}/stats", params=wanted)
        if answer.status_code != 200 or not answer.content:
            return None
        return used(answer.json())


def used(stats: dict[str, Any]) -> tuple[float, float]:
    """Return CPU seconds and the memory held by processes (bytes) from the statistics of a container.

    The page cache (``active_file`` as well) and the kernel's records of files are reclaimable. Counting them would make
    stored documents look like a leak. cgroup v1 does not separate these records from other kernel memory, so no kernel
    memory counts there; v2 does. A tmpfs counts in both.
    """
    cpu, memory = stats["cpu_stats"], stats["memory_stats"]
    kinds: dict[str, int] = memory.get("stats", {})
    files = kinds.get("inactive_file", 0) + kinds.get("active_file", 0)
    if "total_rss" in kinds:
        held = kinds["total_rss"] + max(0, kinds["total_cache"] - files)
    else:
        held = memory.get("usage", 0) - files - kinds.get("slab_reclaimable", 0)
    return cpu["cpu_usage"].get("total_usage", 0) / 1e9, held


def _until_answered(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Repeat until there is an answer, because the final figures decide the whole run."""
    until = time.monotonic() + LAST_SECONDS
    while True:
        try:
            return ask()
        except httpx.HTTPError as error:
            if time.monotonic() > until:
                raise SystemExit(f"loadtest: no final figures of the run: {error!r}") from error
            time.sleep(EVERY_SECONDS)


def host() -> dict[str, float]:
    """Return the CPU seconds of the machine since its start, by kind."""
    line = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0]
    user, nice, system, idle, waiting, *rest = (int(value) / 100 for value in line.split()[1:9])
    busy = user + nice + system + sum(rest)
    return {"at": time.time(), "busy": busy, "waiting": waiting, "all": busy + idle + waiting}
