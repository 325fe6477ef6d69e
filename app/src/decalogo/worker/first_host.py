"""Start of a remote worker: wait until the remote-worker gateway of the first host accepts its join token."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import httpx
import structlog

from decalogo import __version__
from decalogo.errors import DecalogoError
from decalogo.settings import StorageSettings
from decalogo.storage.remote import open_client, raise_for_reply

log = structlog.get_logger(__name__)

_LOG_SECONDS: Final = 30.0
_MAX_BACKOFF: Final = 5.0


def await_first_host(settings: StorageSettings, sleep: Callable[[float], None] = time.sleep) -> str:
    """Wait for the gateway without a time limit, and return the name under which it knows this host.

    The reason of the wait is logged when it changes, and every 30 seconds.

    Args:
        settings: address of the gateway and the join token.
        sleep: waits for a number of seconds.
    """
    logged, logged_at, backoff = "", 0.0, 0.5
    with open_client(settings) as client:
        while True:
            try:
                answer = client.get("/host")
                if answer.is_success:
                    return _accepted(settings, answer)
                raise_for_reply(answer, "this host")
            except (httpx.HTTPError, DecalogoError, FileNotFoundError) as error:
                reason = error.detail if isinstance(error, DecalogoError) else f"{type(error).__name__}: {error}"
            if reason != logged or time.monotonic() - logged_at > _LOG_SECONDS:
                log.warning("waiting for the first host", url=settings.url, reason=reason)
                logged, logged_at = reason, time.monotonic()
            sleep(backoff)
            backoff = min(2 * backoff, _MAX_BACKOFF)


def _accepted(settings: StorageSettings, answer: httpx.Response) -> str:
    known = answer.json()
    log.info("joined the first host", url=settings.url, name=known["name"])
    if known["version"] != __version__:
        log.warning("version differs from the first host; results may differ", own=__version__, first=known["version"])
    return str(known["name"])
