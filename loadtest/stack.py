"""The appliance under test: a separate Compose project, started with the settings of a row."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from decalogo.client.connection import Connection
from loadtest.rows import ROOT, Host, Row, profile

PROJECT = os.environ.get("LOADTEST_PROJECT", "decalogo-loadtest")
START_SECONDS = 600


def docker(*arguments: str, timeout: float = 600) -> str:
    """Run ``docker …`` and return its standard output.

    Raises:
        SystemExit: it failed; with its output.
    """
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=timeout)  # noqa: S603, S607
    if done.returncode:
        raise SystemExit(f"loadtest: docker {' '.join(arguments[:12])} …:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


class Stack:
    """The appliance under test.

    Args:
        host: this machine.
        folder: shared with Locust: documents, plan and token in, observations out.
        locust_workers: number of Locust processes; one needs no master.
    """

    def __init__(self, host: Host, folder: Path, locust_workers: int = 1) -> None:
        self.host, self.folder, self.locust_workers = host, folder, locust_workers
        self._own = {
            **os.environ,
            "LOADTEST_DIR": str(folder),
            "LOADTEST_USER": f"{os.getuid()}:{os.getgid()}",
            "HTTP_PORT": os.environ.get("LOADTEST_HTTP_PORT", "18080"),
            "HTTPS_PORT": os.environ.get("LOADTEST_HTTPS_PORT", "18443"),
            "NETWORK_PREFIX": os.environ.get("LOADTEST_NETWORK_PREFIX", "10.213.100"),
            "TLS_NAME": "nginx",
        }
        self.environment = dict(self._own)

    def compose(self, *arguments: str, timeout: float = 600, apart: bool = False) -> str:
        """Run ``docker compose …`` and return its standard output; ``apart`` shields it from Ctrl-C.

        Raises:
            SystemExit: it failed, or took longer than ``timeout`` seconds.
        """
        files = ["--file", str(ROOT / "compose.yaml"), "--file", str(ROOT / "loadtest/compose.yaml")]
        command = [
            "docker",
            "compose",
            "--project-directory",
            str(ROOT),
            "--project-name",
            PROJECT,
            "--progress",
            "quiet",
        ]
        try:
            done = subprocess.run(  # noqa: S603 - no shell, no input of strangers
                [*command, *files, "--env-file", "/dev/null", *arguments],
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=timeout,
                start_new_session=apart,
            )
        except subprocess.TimeoutExpired:
            raise SystemExit(f"loadtest: docker compose {' '.join(arguments)} did not end in {timeout:.0f} s") from None
        if done.returncode:
            said = f"{done.stdout[-3000:]}{done.stderr[-3000:]}"
            raise SystemExit(f"loadtest: docker compose {' '.join(arguments)} ended with {done.returncode}:\n{said}")
        return done.stdout.replace("\x1b[2K", "")

    def apply(self, row: Row, *, evaluator: str = "decalogo", wait_seconds: float = 0.0, **other: str) -> None:
        """Start or change the appliance: the profile of the row with its limits, on the available cores.

        Args:
            row: the row.
            evaluator: ``decalogo``, or ``synthetic``, which waits ``wait_seconds`` per document.
            wait_seconds: waiting time per document.
            other: further variables of ``compose.yaml``, which override the profile.
        """
        values = {key: value for key, value in profile(row.name).items() if not key.startswith("PROFILE_")}
        cores = row.cores_here(self.host)
        values["API_CPUS"] = f"{min(2, cores)}"
        values["WORKER_REPLICAS"] = str(row.workers_here(self.host))
        values["LOADTEST_CORES"] = "" if cores >= self.host.cores else _first_cores(cores)
        values["LOADTEST_EVALUATOR"], values["LOADTEST_WAIT_SECONDS"] = evaluator, f"{wait_seconds:.3f}"
        values |= other
        # The engine rejects a limit above the number of CPUs.
        values["WORKER_CPUS"] = f"{min(float(values['WORKER_CPUS']), cores):g}"
        # Settings of an earlier row or sweep do not persist.
        self.environment = self._own | values
        self.compose(
            "up",
            "--detach",
            "--remove-orphans",
            "--wait",
            "--wait-timeout",
            str(START_SECONDS),
            timeout=START_SECONDS + 60,
        )

    def write_access(self) -> None:
        """Write a premium token and the certificate into the shared folder."""
        scopes = ("--scope", "submit", "--scope", "read", "--scope", "review")
        token = self.compose(
            "exec", "-T", "api", "decalogo", "token", "create", "loadtest", "--tier", "premium", *scopes
        ).strip()
        (self.folder / "token").write_text(token + "\n", encoding="utf-8")
        certificate = self.compose("exec", "-T", "nginx", "cat", "/run/secrets/decalogo/tls.crt")
        (self.folder / "tls.crt").write_text(certificate, encoding="utf-8")

    def connection(self) -> Connection:
        """Return the connection of a client on this machine, after ``write_access``."""
        token = (self.folder / "token").read_text(encoding="utf-8").strip()
        return Connection(f"https://127.0.0.1:{self.environment['HTTPS_PORT']}", token, ca_file=self.folder / "tls.crt")

    def containers(self) -> list[dict[str, Any]]:
        """Return the inspected running containers, including Locust."""
        ids = docker("ps", "--quiet", "--no-trunc", "--filter", f"label=com.docker.compose.project={PROJECT}").split()
        found: list[dict[str, Any]] = json.loads(docker("inspect", *ids)) if ids else []
        return found

    def addresses(self, service: str) -> list[str]:
        """Return the addresses of a service's containers on the network ``backend``."""
        return [
            container["NetworkSettings"]["Networks"][f"{PROJECT}_backend"]["IPAddress"]
            for container in self.containers()
            if service_of(container) == service
        ]

    def worker_cpus(self, cpus: float) -> None:
        """Limit each running worker to a number of CPUs, without a restart."""
        ids = [container["Id"] for container in self.containers() if service_of(container) == "worker"]
        docker("update", "--cpus", f"{cpus:g}", *ids)

    def delete(self) -> None:
        """Stop the appliance and delete its data, including leftovers of a killed run.

        Three attempts, because the engine may still use the network of a container that just ended.
        """
        down = ("--profile", "loadtest", "--profile", "operator", "down", "--volumes", "--remove-orphans")
        for more_tries in (2, 1, 0):
            try:
                self.compose(*down, timeout=300, apart=True)
            except SystemExit:
                if not more_tries:
                    raise
                time.sleep(2)
            else:
                return


def service_of(container: dict[str, Any]) -> str:
    """Return the Compose service of an inspected container."""
    return str(container["Config"]["Labels"]["com.docker.compose.service"])


def _first_cores(count: int) -> str:
    return ",".join(str(core) for core in sorted(os.sched_getaffinity(0))[:count])
