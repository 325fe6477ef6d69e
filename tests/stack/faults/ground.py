"""The appliance under attack: two small disks of its own, documents of a chosen cost, and a view of its ledger."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import redis

from appliance import Appliance, docker

WAIT_SECONDS = 0.5
"""What a document takes under the evaluator ``synthetic``; two workers of two processes: about seven a second."""

QUEUED = 40
SMALL_DISK, STORE_DISK = 512 << 20, 4 << 30

SYNTHETIC = {
    "DECALOGO_EVALUATION__EVALUATOR": "${EVALUATOR:-synthetic}",
    "DECALOGO_SYNTHETIC__CPU_SECONDS": "0.01",
    "DECALOGO_SYNTHETIC__WAIT_SECONDS": str(WAIT_SECONDS),
    "DECALOGO_SYNTHETIC__MEMORY_MIB": "1",
    # Shorter than a document: a stopped worker then has something to hand back.
    "DECALOGO_QUEUE__SOFT_SHUTDOWN_SECONDS": "0.3",
}


class Disk:
    """A small disk in memory that can be made full and given room again."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self._size = folder, size
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)

    def fill(self) -> None:
        """Fill the disk to the last byte, even while another process writes."""
        for _ in range(100):
            room = os.statvfs(self.folder)
            if self._resize((room.f_blocks - room.f_bfree) * room.f_frsize):
                return
        raise AssertionError(f"{self.folder} could not be filled")

    def free(self) -> None:
        """Give the room back."""
        assert self._resize(self._size)

    def _resize(self, size: int) -> bool:
        # Refused when more than `size` is in use by now.
        command = ["mount", "-o", f"remount,size={size}", str(self.folder)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    def remove(self) -> None:
        """Unmount it."""
        subprocess.run(["umount", str(self.folder)], check=True)


class Ground:
    """One running appliance on its disks.

    Args:
        folder: empty folder for the clone and the disks.
        name: compose project.
        settings: of the workers.
    """

    def __init__(self, folder: Path, name: str, settings: Mapping[str, str]) -> None:
        self.disks = {
            "artifacts": Disk(folder / "artifacts", STORE_DISK),
            "redis": Disk(folder / "redis", SMALL_DISK),
        }
        self.appliance = Appliance(folder / "decalogo", name)
        self.appliance.environment = {**self.appliance.environment, "WORKER_CONCURRENCY": "2"}
        volumes = {"artifacts": self.disks["artifacts"], "redis-data": self.disks["redis"]}
        override = {  # JSON is YAML
            "services": {service: {"environment": settings} for service in ("worker", "suspect")},
            "volumes": {
                volume: {"driver_opts": {"type": "none", "o": "bind", "device": str(disk.folder)}}
                for volume, disk in volumes.items()
            },
        }
        (self.appliance.folder / "compose.override.yaml").write_text(json.dumps(override))
        self._ids: dict[str, list[str]] = {}
        self._password = ""
        self._ledger: redis.Redis | None = None

    def start(self) -> None:
        """Start it with two workers."""
        self.appliance.run("up", "--scale", "worker=2")

    def judge_with(self, evaluator: str) -> None:
        """Replace the workers, which have work, by ones with another evaluator: what an update does."""
        self.appliance.environment = {**self.appliance.environment, "EVALUATOR": evaluator}
        self.appliance.compose("up", "--detach", "--no-deps", "--scale", "worker=2", "worker", "suspect")
        self._ids.clear()

    def delete(self) -> None:
        """Stop and delete everything."""
        for disk in self.disks.values():
            disk.free()
        self.appliance.delete()
        for disk in self.disks.values():
            disk.remove()

    def ids(self, service: str) -> list[str]:
        """Return the containers of a service; asked once, because asking costs more than most polls."""
        if service not in self._ids:
            self._ids[service] = self.appliance.container_ids(service)
        return self._ids[service]

    def state(self, container: str) -> dict[str, Any]:
        """Return what the engine knows of a container."""
        (found,) = json.loads(docker("inspect", container))
        return cast("dict[str, Any]", found)

    def main_process(self, container: str) -> int:
        """Return the pid, as the host sees it, of the program under the container's init."""
        (pid,) = children(int(self.state(container)["State"]["Pid"]))[:1]
        return pid

    @contextmanager
    def ledger(self) -> Iterator[redis.Redis]:
        """Yield the ledger with the rights of the scheduler; look its address up again after an error."""
        if self._ledger is None:
            self._password = self._password or self.appliance.secret("scheduler", "redis-password")
            (container,) = self.ids("redis")
            (network,) = self.state(container)["NetworkSettings"]["Networks"].values()
            self._ledger = redis.Redis(
                network["IPAddress"], db=1, username="scheduler", password=self._password, decode_responses=True,
                socket_timeout=5, socket_connect_timeout=2,
            )  # fmt: skip
        try:
            yield self._ledger
        except redis.RedisError:
            self._ledger = None
            raise

    def running(self) -> list[str]:
        """Return the documents that workers hold now."""
        with self.ledger() as ledger:
            return cast("list[str]", ledger.zrange("running", 0, -1))

    def much_waits(self) -> bool:
        """Tell whether more documents are queued than a slow machine should be given; not while Redis is away."""
        try:
            with self.ledger() as ledger:
                return int(ledger.zcard("queued")) > QUEUED
        except (redis.RedisError, ValueError):
            return False

    def states(self, documents: Iterable[str]) -> list[str]:
        """Return the states of documents."""
        return self._fields(documents, "state")

    def lost(self, documents: Iterable[str]) -> list[str]:
        """Return how many attempts at each document were lost."""
        return self._fields(documents, "lost")

    def _fields(self, documents: Iterable[str], name: str) -> list[str]:
        with self.ledger() as ledger, ledger.pipeline(transaction=False) as pipe:
            for document in documents:
                pipe.hget(f"document:{document}", name)
            return cast("list[str]", pipe.execute())

    def at_work(self, count: int = 4) -> list[str]:
        """Wait until ``count`` documents run concurrently, with more in the queue, and return them."""
        found: list[str] = []

        def busy() -> bool:
            found[:] = self.running()
            with self.ledger() as ledger:
                return len(found) >= count and int(ledger.zcard("queued")) >= 2 * count

        wait(busy, f"{count} running documents")
        return found

    def wait_ended(self, documents: list[str], seconds: float = 600) -> None:
        """Wait until every one of the documents has its result."""
        wait(lambda: set(self.states(documents)) <= {"succeeded"}, "the running documents have their results", seconds)


def children(pid: int) -> list[int]:
    """Return the pids of a process's children."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def stop(pid: int) -> list[int]:
    """Stop a process and then what it has started, which thus starts nothing more; return their pids."""
    os.kill(pid, signal.SIGSTOP)
    return [pid, *(process for child in children(pid) for process in stop(child))]


def wait(condition: Callable[[], bool], what: str, seconds: float = 600) -> None:
    """Poll until the condition holds; a server that is away does not answer yes."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except (redis.RedisError, ValueError, OSError) as error:
            what_now = f"{what} ({error})"
        else:
            what_now = what
        assert time.monotonic() < deadline, f"not within {seconds} s: {what_now}"
        time.sleep(0.1)
