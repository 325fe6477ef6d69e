"""An appliance and a second host: a project of its own, on a network of its own, that reaches published ports alone."""

from __future__ import annotations

import base64
import json
import re
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from appliance import Appliance, docker
from client import Client

PROCESSES, SECONDS_A_DOCUMENT = 2, 8
SYNTHETIC = f"""
    environment:
      DECALOGO_EVALUATION__EVALUATOR: synthetic
      DECALOGO_SYNTHETIC__CPU_SECONDS: 0
      DECALOGO_SYNTHETIC__WAIT_SECONDS: {SECONDS_A_DOCUMENT}
      DECALOGO_SYNTHETIC__MEMORY_MIB: 0
"""
FIRST = f"services:\n  worker: &worker{SYNTHETIC}  suspect: *worker\n"
SECOND = f"services:\n  worker:{SYNTHETIC}"


class SecondHost:
    """A checkout on another machine, as far as one machine can be two.

    Args:
        clone: its checkout.
        network: the one network its containers are in.
    """

    def __init__(self, clone: Appliance) -> None:
        self.clone, self.network = clone, f"{clone.name}_default"
        (clone.folder / "compose.worker.override.yaml").write_text(SECOND, encoding="utf-8")

    def join(self, line: str) -> None:
        """Make it join. The line goes through standard input, which no other user can see."""
        command = ["./appliance", "join", "-"]
        where = {"cwd": self.clone.folder, "env": self.clone.environment}
        done = subprocess.run(command, **where, input=line, capture_output=True, text=True, timeout=1500, check=False)
        assert done.returncode == 0, done.stderr

    def worker(self) -> str:
        """Return its worker's container; where there are several, the newest."""
        name = f"label=com.docker.compose.project={self.clone.name}"
        return docker("ps", "--quiet", "--filter", name).split()[0]

    def log(self) -> str:
        """Return what its worker said."""
        command = ["docker", "logs", self.worker()]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600
        )
        return done.stdout

    def cut(self) -> None:
        """Disconnect the network without a notice, as a pulled cable does."""
        docker("network", "disconnect", self.network, self.worker())

    def reconnect(self) -> None:
        """Connect the network again."""
        docker("network", "connect", self.network, self.worker())


class Joined:
    """The content of the join line, and a client of Redis through the gateway."""

    def __init__(self, line: str, folder: Path) -> None:
        raw = line.removeprefix("dcj_")
        self.content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
        self.certificate = folder / "gateway.crt"
        self.certificate.write_text(self.content["certificate"], encoding="utf-8")
        self.user = f"host-{self.content['host_id']}"
        self.bearer = f"{self.content['host_id']}.{self.content['secret']}"

    def trust(self) -> ssl.SSLContext:
        """Return what trusts the line's certificate and nothing else."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(cafile=self.certificate)
        return context

    def redis(self, db: int = 0, **other: Any) -> redis.Redis:
        """Return a client of Redis as this host; ``other`` replaces parts of it."""
        whole = {
            "username": self.user, "password": self.content["secret"], "ssl": True, "ssl_check_hostname": False,
            "ssl_ca_certs": str(self.certificate), "socket_timeout": 60, **other,
        }  # fmt: skip
        return redis.Redis("127.0.0.1", self.content["redis_port"], db, retry=Retry(NoBackoff(), 0), **whole)


def wait(condition: Callable[[], bool], what: str, seconds: float) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.3)  # between two looks


@pytest.fixture(scope="package")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    clone = Appliance(tmp_path_factory.mktemp("hosts") / "decalogo", "decalogo-hosts")
    clone.environment = {**clone.environment, "WORKER_CONCURRENCY": str(PROCESSES)}
    (clone.folder / "compose.override.yaml").write_text(FIRST, encoding="utf-8")
    try:
        clone.run("up")
        yield clone
    finally:
        clone.delete()


@pytest.fixture(scope="package")
def client(appliance: Appliance) -> Client:
    return appliance.client(appliance.run("token", "create", "tests", "--tier", "premium").strip())


@pytest.fixture(scope="package")
def second(appliance: Appliance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondHost]:
    clone = Appliance(tmp_path_factory.mktemp("second") / "decalogo", f"{appliance.name}-second")
    clone.environment = {**clone.environment, "IMAGE_TAG": appliance.name, "WORKER_CONCURRENCY": str(PROCESSES)}
    host = SecondHost(clone)
    yield host
    if (clone.folder / "var/form").exists():
        print("\n".join(host.log().splitlines()[-40:]))  # shown when a test failed
        clone.run("down", "--volumes", "--yes")


@pytest.fixture(scope="package")
def address(appliance: Appliance) -> Iterator[str]:
    """Return an address of this machine that containers reach: the gateway of a network made for this.

    The default bridge names none until an engine that was started for the first time is restarted.
    """
    name = f"{appliance.name}-address"
    docker("network", "create", name)
    try:
        (network,) = json.loads(docker("network", "inspect", name))
        yield network["IPAM"]["Config"][0]["Gateway"]
    finally:
        docker("network", "rm", name)


@pytest.fixture(scope="package")
def joined(appliance: Appliance, second: SecondHost, address: str, tmp_path_factory: pytest.TempPathFactory) -> Joined:
    """Have the second host join."""
    line = appliance.run("join-token", "north", "--address", address).strip()
    assert re.fullmatch(r"dcj_[A-Za-z0-9_-]+", line)
    second.join(line)
    return Joined(line, tmp_path_factory.mktemp("joined"))
