"""The workers of one Compose project, through the engine's API: list, add one like the others, stop and remove one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

from decalogo.errors import EngineError

_API = "/v1.41"
_PROJECT, _SERVICE, _NUMBER = (f"com.docker.compose.{name}" for name in ("project", "service", "container-number"))


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker's container; ``node`` is the name that its Celery worker announces."""

    id: str
    name: str
    node: str
    number: int
    running: bool


class Engine:
    """What the autoscaler may do, on one project.

    Args:
        socket: path of the engine's socket.
        project: Compose project; ``None``: that of the container with the id ``self_id``.
        self_id: the id, or the start of it, of the container this runs in.
        service: Compose service whose replicas are counted.
    """

    def __init__(self, socket: str, *, project: str | None = None, self_id: str = "", service: str = "worker") -> None:
        transport = httpx.HTTPTransport(uds=socket)
        self._http = httpx.Client(transport=transport, base_url="http://engine", timeout=120, trust_env=False)
        self._service = service
        self._project = project or str(self._ask("GET", f"/containers/{self_id}/json")["Config"]["Labels"][_PROJECT])

    def workers(self) -> list[Worker]:
        """Return the workers, first to last."""
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

    def room(self, memory_share: float, cpu_overcommit: float) -> int:
        """Return how many workers the host can hold by memory and by processors, from the limits of the containers.

        Args:
            memory_share: share of the host's memory that all containers of the project may have as limits.
            cpu_overcommit: processors that the workers' limits may add up to, as a multiple of the host's.
        """
        info = self._ask("GET", "/info")
        limits = {item["Id"]: self._limits(item["Id"]) for item in self._containers()}
        workers = self.workers()
        memory, cpus = limits[workers[0].id]
        others = sum(size for name, (size, _) in limits.items() if name not in {worker.id for worker in workers})
        by_memory = (info["MemTotal"] * memory_share - others) // memory if memory else 1 << 30
        by_cpu = info["NCPU"] * cpu_overcommit // cpus if cpus else 1 << 30
        return max(0, int(min(by_memory, by_cpu)))

    def add(self) -> str:
        """Start one more worker, a copy of the first; returns its name."""
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
        # Made without a network of its own choice: each of the model's is joined below, under the service's name.
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
        """Stop a worker as `docker stop` does, with its own grace time, and remove its container.

        Raises:
            EngineError: it is none of this project's workers, or the last one.
        """
        ids = [worker.id for worker in self.workers()]
        if worker_id not in ids or len(ids) == 1:
            raise EngineError(f"{worker_id[:12]} is not a worker of this project that may go")
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
