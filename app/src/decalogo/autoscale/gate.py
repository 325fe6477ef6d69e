"""The gate to the engine: lists, adds and removes workers of its own project, and nothing else.

Whoever reaches the engine's socket rules the host. So only this small service holds it, on a network that only the
autoscaler shares, and what it offers takes no argument but which worker may go::

    GET    /workers          {"workers": [{"id", "name", "node", "running"}], "room": most that fit}
    POST   /workers          one more, a copy of the first; 409 where ``autoscale.most`` or the host allow no more
    DELETE /workers/{id}     stop it as ``docker stop`` does, and remove it; 409 at ``autoscale.least``
"""

from __future__ import annotations

import threading
from dataclasses import asdict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from decalogo.autoscale.engine import Engine
from decalogo.autoscale.settings import AutoscaleSettings
from decalogo.errors import EngineError


def gate(engine: Engine, settings: AutoscaleSettings) -> Starlette:
    """Return the application; its plain functions run in threads, one change at a time."""
    changing = threading.Lock()

    def room() -> int:
        return min(settings.most, engine.room(settings.memory_share, settings.cpu_overcommit))

    def look(_request: Request) -> Response:
        return JSONResponse({"workers": [asdict(worker) for worker in engine.workers()], "room": room()})

    def add(_request: Request) -> Response:
        with changing:
            running = sum(worker.running for worker in engine.workers())
            if running >= max(room(), settings.least):
                return _refused(f"{running} workers run, and there is room for no more")
            return JSONResponse({"name": engine.add()}, status_code=201)

    def remove(request: Request) -> Response:
        with changing:
            if sum(worker.running for worker in engine.workers()) <= settings.least:
                return _refused(f"no fewer than {settings.least} workers (autoscale.least)")
            engine.remove(request.path_params["id"])
            return Response(status_code=204)

    async def failed(_request: Request, error: Exception) -> Response:
        problem = error.problem() if isinstance(error, EngineError) else {}
        return JSONResponse(problem, status_code=EngineError.status, media_type="application/problem+json")

    return Starlette(
        routes=[
            Route("/workers", look, methods=["GET"]),
            Route("/workers", add, methods=["POST"]),
            Route("/workers/{id}", remove, methods=["DELETE"]),
        ],
        exception_handlers={EngineError: failed},
    )


def _refused(detail: str) -> Response:
    return JSONResponse({"detail": detail, "status": 409}, status_code=409, media_type="application/problem+json")
