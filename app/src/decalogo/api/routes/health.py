"""Liveness, readiness and the list of problem types."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Response

from decalogo import __version__
from decalogo.api.dependencies import ServicesDep
from decalogo.api.operator_schemas import Health, ProblemType, Ready
from decalogo.api.problem_types import declare, problem_types
from decalogo.api.services import Services
from decalogo.errors import NotFoundError, UnavailableError

router = APIRouter(tags=["operation"])
problem_pages = APIRouter(tags=["operation"])

CHECK_SECONDS = 3.0


@router.get("/health", summary="Liveness")
async def health(response: Response) -> Health:
    """The process responds. Depends on nothing else, not even on Redis."""
    response.headers["Cache-Control"] = "no-store"
    return Health(state="alive", version=__version__)


@router.get("/ready", summary="Readiness", responses=declare(UnavailableError))
async def ready(response: Response, services: ServicesDep) -> Ready:
    """Redis answers, the artifact store has free space, and at least one worker is alive."""
    checks: dict[str, Callable[[], None]] = {
        "redis": services.ledger.ping,
        "artifacts": partial(_check_artifacts, services),
        "workers": partial(_check_workers, services),
    }
    verdicts = dict(zip(checks, await asyncio.gather(*map(_verdict, checks.values())), strict=True))
    failed = [name for name, verdict in verdicts.items() if verdict != "ok"]
    if failed:
        raise UnavailableError(f"Not ready: {', '.join(failed)}.", checks=verdicts, retry_after=2)
    response.headers["Cache-Control"] = "no-store"
    return Ready(state="ready", checks=verdicts)


@router.get("/problems", summary="Problem types")
async def problems() -> list[ProblemType]:
    """Every problem type of answers and documents."""
    return list(problem_types().values())


@problem_pages.get("/problems/{slug}", summary="One problem type", responses=declare(NotFoundError))
async def problem(slug: str) -> ProblemType:
    """The web page at the address in the `type` of an error response."""
    found = problem_types().get(slug)
    if found is None:
        raise NotFoundError("No problem type has this name.")
    return found


async def _verdict(check: Callable[[], None]) -> str:
    """Run a check in a thread, with a timeout for servers that do not answer."""
    try:
        await asyncio.wait_for(asyncio.to_thread(check), CHECK_SECONDS)
    except TimeoutError:
        return f"no answer in {CHECK_SECONDS:g} s"
    except UnavailableError as error:
        return error.detail
    except Exception as error:
        return type(error).__name__
    return "ok"


def _check_artifacts(services: Services) -> None:
    if services.store.free_bytes() < services.settings.storage.min_free_bytes:
        raise UnavailableError("too little free disk space")


def _check_workers(services: Services) -> None:
    if not services.ledger.live_workers():
        raise UnavailableError("no worker is alive")
