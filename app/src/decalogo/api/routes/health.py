"""Is it alive, can it work, and what its problems mean."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Response

from decalogo import __version__
from decalogo.api.dependencies import ServicesDep
from decalogo.api.problem_types import declare, problem_types
from decalogo.api.schemas import Health, ProblemType, Ready
from decalogo.api.services import Services
from decalogo.errors import NotFoundError, UnavailableError

router = APIRouter(tags=["operation"])
problem_pages = APIRouter(tags=["operation"])

CHECK_SECONDS = 3.0


@router.get("/health", summary="Alive")
async def health(response: Response) -> Health:
    """This process answers; needs nothing else, not even Redis."""
    response.headers["Cache-Control"] = "no-store"
    return Health(state="alive", version=__version__)


@router.get("/ready", summary="Can work", responses=declare(UnavailableError))
async def ready(response: Response, services: ServicesDep) -> Ready:
    """Redis answers, the artifact store can be written, and at least one worker has been heard of lately."""
    checks: dict[str, Callable[[], None]] = {
        "redis": services.ledger.ping,
        "artifacts": partial(_check_artifacts, services),
        "workers": partial(_check_workers, services),
    }
    said = await asyncio.gather(*(_said(check) for check in checks.values()))
    verdicts = dict(zip(checks, said, strict=True))
    failed = [name for name, verdict in verdicts.items() if verdict != "ok"]
    if failed:
        raise UnavailableError(f"Not ready: {', '.join(failed)}.", checks=verdicts, retry_after=2)
    response.headers["Cache-Control"] = "no-store"
    return Ready(state="ready", checks=verdicts)


@router.get("/problems", summary="Types of problem")
async def problems() -> list[ProblemType]:
    """Every type that an answer or a document may carry."""
    return list(problem_types().values())


@problem_pages.get("/problems/{slug}", summary="One type of problem", responses=declare(NotFoundError))
async def problem(slug: str) -> ProblemType:
    """What the address in a problem's `type` leads to."""
    found = problem_types().get(slug)
    if found is None:
        raise NotFoundError("There is no such type of problem.")
    return found


async def _said(check: Callable[[], None]) -> str:
    """Run a check in a thread; a server that neither answers nor refuses must not hold up the answer."""
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
        raise UnavailableError("no worker has been heard of")
