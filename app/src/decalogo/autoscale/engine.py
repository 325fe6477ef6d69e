"""Workers of one Compose project through the Docker API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

from decalogo.errors import EngineError

_API = "/v1.41"
MEMORY_SHARE = 0.85
_PROJECT, _SERVICE, _NUMBER = (f"com.docker.compose.{name}" for name in ("project", "service", "container-number"))


@dataclass(frozen=True, slots=True)
class Worker:
    """Container of one worker; ``node`` is the name of its Celery worker."""

    id: str
    name: str
    node: str
    number: int
    running: bool


class Engine:
    """Operations of the Docker socket proxy on one Compose project.

    Args:
        socket: path of the Docker socket.
        project: Compose project; ``None`` takes the project of the container ``self_id``.
        self_id: id, or its first characters, of the container of this process.
        service: Compose service whose replicas are counted.
    """

    def __init__(self, socket: str, *, project: str | None = None, self_id: str = "", service: str = "worker") -> None:
        transport = httpx.HTTPTransport(uds=socket)
        self._http = httpx.Client(transport=transport, base_url="http://engine", timeout=120, trust_env=False)
        self._service = service
        self._project = project or str(self._ask("GET", f"/containers/{self_id}/json")["Config"]["Labels"][_PROJECT])

    def workers(self) -> list[Worker]:
        """Return the workers by container number."""
        found = [
            Worker(
                id=item["Id"],
                name=item["Names"][0].removeprefix("/"),
                node=f"worker@{item['Id'][:12]}",
                number=int(item["Labels"][_NUMBER]),
                running=item["State"] == "running",
            )
            for item in self._containers(self._service)
        ]
        return sorted(found, key=lambda worker: worker.number)

    def capacity(self, overcommit: float) -> int:
        """Return how many workers fit on the host, from the memory and CPU limits of the containers.

        Args:
            overcommit: factor on the bounds: all memory limits of the project may add up to 85 % of the host's memory,
                and the CPU limits of the workers to its processors.
        """
        info = self._ask("GET", "/info")
        limits = {item["Id"]: self._limits(item["Id"]) for item in self._containers()}
        workers = self.workers()
        memory, cpus = limits[workers[0].id]
        others = sum(size for name, (size, _) in limits.items() if name not in {worker.id for worker in workers})
        by_memory = (info["MemTotal"] * MEMORY_SHARE * overcommit - others) // memory if memory else 1 << 30
        by_cpu = info["NCPU"] * overcommit // cpus if cpus else 1 << 30
        return max(0, int(min(by_memory, by_cpu)))

    def add(self) -> str:
        """Start a copy of the first worker, or a stopped worker if there is one; return its name."""
        workers = self.workers()
        stopped = next((worker for worker in workers if not worker.running), None)
        if stopped:
            self._ask("POST", f"/containers/{stopped.id}/start")
            return stopped.name
        model = self._ask("GET", f"/containers/{workers[0].id}/json")
        taken = {worker.number for worker in workers}
        number = next(n for n in range(1, len(taken) + 2) if n not in taken)
        name = f"{self._project}-{self._service}-{number}"
        config = {key: value for key, value in model["Config"].items() if key != "Hostname"}
        config["Labels"] = {**config["Labels"], _NUMBER: str(number)}
        # The API accepts one network at creation; the others are connected below, with the service name as alias.
        networks = model["NetworkSettings"]["Networks"]
        first, *others = networks
        config |= {"HostConfig": model["HostConfig"], "NetworkingConfig": {"EndpointsConfig": self._endpoint(first)}}
        made = self._ask("POST", "/containers/create", params={"name": name}, json=config)["Id"]
        for network in others:
            body = {"Container": made, "EndpointConfig": {"Aliases": [self._service]}}
            self._ask("POST", f"/networks/{network}/connect", json=body)
        self._ask("POST", f"/containers/{made}/start")
        return name

    def remove(self, worker_id: str) -> None:
        """Stop a worker like ``docker stop``, with the grace period of its container, and remove the container.

        Raises:
            EngineError: the container is not a worker of this project, or is the last one.
        """
        ids = [worker.id for worker in self.workers()]
        if worker_id not in ids or len(ids) == 1:
            raise EngineError(f"{worker_id[:12]} is not a worker of this project, or is its last one")
        self._ask("POST", f"/containers/{worker_id}/stop")
        self._ask("DELETE", f"/containers/{worker_id}")

    def _endpoint(self, network: str) -> dict[str, Any]:
        return {network: {"Aliases": [self._service]}}

    def _containers(self, service: str = "") -> list[dict[str, Any]]:
        labels = [f"{_PROJECT}={self._project}", "com.docker.compose.oneoff=False"]
        labels += [f"{_SERVICE}={service}"] if service else []
        params = {"all": "true", "filters": json.dumps({"label": labels})}
        found: list[dict[str, Any]] = self._ask("GET", "/containers/json", params=params)
        return found

    def _limits(self, container_id: str) -> tuple[int, float]:
        host = self._ask("GET", f"/containers/{container_id}/json")["HostConfig"]
        return int(host["Memory"]), host["NanoCpus"] / 1e9

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        answer = self._http.request(method, _API + path, **options)
        if answer.status_code >= 400:
            raise EngineError(f"{method} {path}: {answer.status_code} {answer.text.strip()}")
        return answer.json() if answer.content else None
