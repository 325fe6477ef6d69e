"""Create the FastAPI application of the API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import FastAPI
from redis.exceptions import RedisError

from decalogo import __version__
from decalogo.access.tokens import register_admin_token
from decalogo.api import openapi, problems, shutdown, swagger
from decalogo.api.compression import Compression
from decalogo.api.links import ROOT
from decalogo.api.middleware import RequestContext
from decalogo.api.routes import (
    audit,
    batches,
    changes,
    dead_letters,
    descriptions,
    documents,
    events,
    files,
    health,
    pictures,
    quality,
    remote_ledger,
    remote_workers,
    results,
    reviews,
    search,
    shares,
    summaries,
)
from decalogo.api.services import Services, open_services
from decalogo.api.stream_limits import Streams
from decalogo.api.validators import Validators
from decalogo.audit.pending import move_pending
from decalogo.errors import DecalogoError
from decalogo.logs import get_logger
from decalogo.settings import Settings

CLEAN_UP_SECONDS = 5

_ROUTERS = (
    batches.router,
    events.router,
    results.router,
    search.router,
    changes.router,
    documents.router,
    files.router,
    descriptions.router,
    pictures.router,
    reviews.router,
    quality.router,
    summaries.router,
    shares.router,
    audit.router,
    dead_letters.router,
    health.router,
)

_AUDIT_SECONDS: Final = 1.0
_AUDIT_EXPIRY_SECONDS: Final = 3600.0
_log = get_logger(__name__)


def create_api(settings: Settings, services: Services | None = None) -> FastAPI:
    """Return the API of one process.

    Args:
        settings: the configuration.
        services: what the routes use; opened from ``settings`` if None.
    """
    app = FastAPI(
        title="DECALOGO",
        version=__version__,
        description=openapi.DESCRIPTION,
        openapi_url=f"{ROOT}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.services = services or open_services(settings)
    app.state.uploads = set()
    app.state.streams = Streams(settings.api.event_streams)
    app.state.shutdown = asyncio.Event()
    for router in _ROUTERS:
        app.include_router(router, prefix=ROOT)
    app.include_router(health.problem_pages)
    app.include_router(shares.public)
    app.include_router(remote_workers.router)
    app.include_router(remote_ledger.router)
    swagger.mount(app)
    openapi.install(app)
    problems.install(app)
    app.add_middleware(Validators)
    app.add_middleware(RequestContext)
    app.add_middleware(Compression)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    shutdown.watch(app.state.shutdown)
    tasks = [
        asyncio.create_task(_register_admin_token(app.state.services)),
        asyncio.create_task(_keep_audit_log(app)),
        asyncio.create_task(_report_gateway(app.state.services)),
    ]
    yield
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    # The server has cancelled the uploads that did not end in time. Wait until they have deleted their files.
    if app.state.uploads:
        await asyncio.wait(app.state.uploads, timeout=CLEAN_UP_SECONDS)


async def _keep_audit_log(app: FastAPI) -> None:
    """Move waiting records to the audit log, and delete its expired files, while this process runs."""
    expired = 0.0
    while True:
        await asyncio.sleep(_AUDIT_SECONDS)
        services: Services = app.state.services
        try:
            await asyncio.to_thread(move_pending, services.ledger.client, services.audit_log)
            if time.monotonic() - expired > _AUDIT_EXPIRY_SECONDS:
                await asyncio.to_thread(services.audit_log.delete_expired)
                expired = time.monotonic()
        except (DecalogoError, OSError, RedisError) as error:
            _log.warning("the audit log waits for records of other services", error=repr(error))


async def _report_gateway(services: Services) -> None:
    """Report that this process answers joined hosts, if any were added (``recovery.py`` waits for it)."""
    while True:
        try:
            if await asyncio.to_thread(services.hosts.were_added):
                await asyncio.to_thread(services.ledger.report_gateway)
        except (DecalogoError, OSError, RedisError) as error:
            _log.warning("recovery spares joined hosts until this process can report to it", error=repr(error))
        await asyncio.sleep(services.settings.queue.lease_seconds / 5)


async def _register_admin_token(services: Services) -> None:
    """Register the admin token as soon as Redis answers, while requests are already served."""
    while True:
        try:
            new = await asyncio.to_thread(register_admin_token, services.tokens, services.settings.secrets_dir)
        except (OSError, ValueError) as error:
            _log.error("registering the admin token failed", error=str(error))
            return
        except Exception as error:
            _log.warning("registering the admin token will be retried when Redis answers", error=repr(error))
            await asyncio.sleep(1)
        else:
            if new:
                _log.info("admin token registered")
            return
