"""Docker socket proxy: lists, adds and removes workers of its own Compose project, and nothing else.

Access to the Docker socket is root access to the host. Therefore only this small service mounts the socket, on a
network that it shares with the autoscaler alone. Its API takes no argument except the id of the worker to remove::

    GET    /workers          {"workers": [{"id", "name", "node", "running"}], "capacity": maximum number of workers}
    POST   /workers          start a copy of the first worker; 409 at ``autoscale.max_workers`` or when the host is full
    DELETE /workers/{id}     stop the worker like ``docker stop`` and remove it; 409 at ``autoscale.min_workers``
"""

from __future__ import annotations

import threading
from dataclasses import asdict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from decalogo.autoscale.engine import Engine
from decalogo.errors import EngineError
from decalogo.settings import AutoscaleSettings


def docker_proxy(engine: Engine, settings: AutoscaleSettings) -> Starlette:
    """Return the application. Its routes run in threads, one change at a time."""
    changing = threading.Lock()

    def capacity() -> int:
        return min(settings.max_workers, engine.capacity(settings.overcommit))

    def list_workers(_request: Request) -> Response:
        return JSONResponse({"workers": [asdict(worker) for worker in engine.workers()], "capacity": capacity()})

    def add(_request: Request) -> Response:
        with changing:
            running = sum(worker.running for worker in engine.workers())
            if running >= max(capacity(), settings.min_workers):
                return _conflict(f"{running} workers run, and the host has no capacity for another")
            return JSONResponse({"name": engine.add()}, status_code=201)

    def remove(request: Request) -> Response:
        with changing:
            if sum(worker.running for worker in engine.workers()) <= settings.min_workers:
                return _conflict(f"autoscale.min_workers ({settings.min_workers}) workers run; none may be removed")
            engine.remove(request.path_params["id"])
            return Response(status_code=204)

    async def failed(_request: Request, error: Exception) -> Response:
        problem = error.problem() if isinstance(error, EngineError) else {}
        return JSONResponse(problem, status_code=EngineError.status, media_type="application/problem+json")

    return Starlette(
        routes=[
            Route("/workers", list_workers, methods=["GET"]),
            Route("/workers", add, methods=["POST"]),
            Route("/workers/{id}", remove, methods=["DELETE"]),
        ],
        exception_handlers={EngineError: failed},
    )


def _conflict(detail: str) -> Response:
    return JSONResponse({"detail": detail, "status": 409}, status_code=409, media_type="application/problem+json")
