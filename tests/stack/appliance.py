"""A fresh clone of this repository, started as a user starts it, next to other appliances on the machine."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from client import Client
from ports import next_network, next_port

REPOSITORY = Path(__file__).resolve().parents[2]
MONITORING = ("prometheus", "alertmanager", "redis-exporter", "host-exporter", "probe-exporter", "flower")
SERVICES = ("redis", "api", "worker", "suspect", "scheduler", "nginx", *MONITORING)


class Appliance:
    """One clone with its own project name, ports and image tag.

    Args:
        folder: empty folder to clone the committed HEAD into.
        name: compose project, and tag of the images.
        own_venv: let it make its own virtual environment; else it shares this repository's.
    """

    def __init__(self, folder: Path, name: str, *, own_venv: bool = False) -> None:
        self.folder, self.name = folder, name
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(REPOSITORY), str(folder)], check=True)
        if not own_venv and (REPOSITORY / ".venv").exists():
            (folder / ".venv").symlink_to(REPOSITORY / ".venv")
        self.http_port, self.https_port = next_port(), next_port()
        self.clients: list[Client] = []
        own = {"COMPOSE_PROJECT_NAME": name, "IMAGE_TAG": name, "NETWORK_PREFIX": next_network()}
        own["STACK_WAIT_SECONDS"] = "900"  # several scenarios start at the same time
        ports = {"HTTP_PORT": str(self.http_port), "HTTPS_PORT": str(self.https_port)}
        ports["EMBEDDED_PORT"] = str(next_port())
        self.hosts_port, self.hosts_redis_port = next_port(), next_port()
        ports |= {"HOSTS_PORT": str(self.hosts_port), "HOSTS_REDIS_PORT": str(self.hosts_redis_port)}
        self.environment: Mapping[str, str] = {**os.environ, **own, **ports}

    def run(self, *arguments: str, timeout: float = 1500) -> str:
        """Run `./appliance …` and return its standard output; fail with all it said."""
        return self._run(["./appliance", *arguments], timeout)

    def compose(self, *arguments: str, stdin: str = "", timeout: float = 900) -> str:
        """Run `docker compose …` on this clone, with the files it was started with, and return its standard output."""
        added = {"autoscale": "compose.scale.yaml", "hosts": "compose.hosts.yaml"}
        names = [name for switch, name in added.items() if (self.folder / "var" / switch).exists()]
        if names:
            names.insert(0, "compose.yaml")
        if names and (self.folder / "compose.override.yaml").exists():
            names.append("compose.override.yaml")
        files = [part for name in names for part in ("--file", name)]
        return self._run(["docker", "compose", *files, *arguments], timeout, stdin)

    def change(self, service: str, **values: str) -> None:
        """Recreate one service with other values of `.env` and wait until it is healthy."""
        self.environment = {**self.environment, **values}
        self.compose("up", "--detach", "--no-deps", "--wait", service)

    def container_ids(self, service: str = "") -> list[str]:
        """Return the ids of all containers, running or not, of one service or of all."""
        return self.compose("ps", "--all", "--quiet", *([service] if service else [])).split()

    def inspect(self, service: str = "") -> list[dict[str, Any]]:
        """Return what the engine knows of the containers."""
        answer: list[dict[str, Any]] = json.loads(docker("inspect", *self.container_ids(service)))
        return answer

    def secret(self, service: str, name: str) -> str:
        """Return a secret as its own service sees it."""
        return self.compose("exec", "-T", service, "cat", f"/run/secrets/decalogo/{name}").strip()

    def client(self, token: str) -> Client:
        """Return a client that trusts this appliance's certificate and nothing else."""
        url = self.run("url").strip()
        client = Client(url, token, self.run("certificate") if url.startswith("https:") else "")
        self.clients.append(client)
        return client

    def delete(self) -> None:
        """Stop it, delete its data, and close what is open to it."""
        for client in self.clients:
            client.http.close()
        self.run("down", "--volumes", "--yes")

    def _run(self, command: list[str], timeout: float, stdin: str = "") -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, input=stdin, capture_output=True, text=True, timeout=timeout
        )
        if done.returncode:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done.stdout.replace("\x1b[2K", "")  # Compose clears a line before each line of a log, even in a pipe


def docker(*arguments: str) -> str:
    """Run `docker …` and return its standard output; a failure says what the engine said."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"docker {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}"
    return done.stdout
