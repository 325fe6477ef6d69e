"""The appliance as a stack on a swarm of one node, which this scenario makes and leaves unless there is one already."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from appliance import Appliance, docker
from client import Client


class Stack:
    """The stack of one clone."""

    def __init__(self, clone: Appliance) -> None:
        self.clone, self.name = clone, clone.name
        self._of = f"label=com.docker.stack.namespace={clone.name}"

    def exec(self, service: str, *command: str) -> str:
        """Run a command in a container of a service."""
        return self.clone.run("swarm", "exec", service, *command)

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return what the engine knows of each service's container; where there are several, of the last."""
        found = json.loads(docker("inspect", *docker("ps", "--quiet", "--filter", self._of).split()))
        names = [container["Config"]["Labels"]["com.docker.swarm.service.name"] for container in found]
        return dict(zip((name.removeprefix(f"{self.name}_") for name in names), found, strict=True))

    def running(self, service: str) -> list[str]:
        """Return the running containers of a service."""
        return docker("ps", "--quiet", "--filter", f"label=com.docker.swarm.service.name={self.name}_{service}").split()

    def left(self) -> str:
        """Return the containers and networks that are still there."""
        return docker("ps", "--all", "--quiet", "--filter", self._of) + docker(
            "network", "ls", "-q", "--filter", self._of
        )

    def delete(self) -> None:
        """Remove it with its volumes."""
        self.clone.run("swarm", "down")
        docker("volume", "rm", *docker("volume", "ls", "--quiet", "--filter", self._of).split())


@pytest.fixture(scope="package")
def _node() -> Iterator[None]:
    state = docker("info", "--format", "{{.Swarm.LocalNodeState}}").strip()
    if state == "active":
        yield
        return
    # When a swarm ends, engine 20.10 stops answering for names in the containers that run then.
    if docker("ps", "--quiet"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("other containers run on this engine, and would suffer")
    docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    yield
    docker("swarm", "leave", "--force")


@pytest.fixture(scope="package")
def stack(_node: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    clone = Appliance(tmp_path_factory.mktemp("swarm") / "decalogo", "decalogo-swarm")
    found = Stack(clone)
    try:
        clone.run("swarm", "up")
        yield found
    except BaseException:
        print(subprocess.run(["docker", "stack", "ps", found.name], check=False, capture_output=True, text=True).stdout)
        raise
    finally:
        found.delete()


@pytest.fixture(scope="package")
def client(stack: Stack) -> Iterator[Client]:
    token = stack.exec("api", "decalogo", "token", "create", "tests", "--tier", "premium").strip()
    certificate = stack.exec("nginx", "cat", "/run/secrets/decalogo/tls.crt")
    client = Client(f"https://localhost:{stack.clone.https_port}", token, certificate)
    yield client
    client.http.close()
