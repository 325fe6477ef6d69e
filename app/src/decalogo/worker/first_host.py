"""A worker on another host, before it starts: wait for the first host, and see that it is let in."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import httpx
import structlog

from decalogo import __version__
from decalogo.errors import DecalogoError
from decalogo.settings import StorageSettings
from decalogo.storage.remote import open_client, refuse

log = structlog.get_logger(__name__)

_SAY_SECONDS: Final = 30.0
_LONGEST_PAUSE: Final = 5.0


def await_first_host(settings: StorageSettings, pause: Callable[[float], None] = time.sleep) -> str:
    """Return this host's name as the first host knows it, however long that takes; says what it waits for.

    Args:
        settings: where the first host's door is, and what proves who this is.
        pause: waits so many seconds.
    """
    said, said_at, wait = "", 0.0, 0.5
    with open_client(settings) as client:
        while True:
            try:
                answer = client.get("/host")
                if answer.is_success:
                    return _welcome(settings, answer)
                refuse(answer, "this host")
            except (httpx.HTTPError, DecalogoError, FileNotFoundError) as error:
                reason = error.detail if isinstance(error, DecalogoError) else f"{type(error).__name__}: {error}"
            if reason != said or time.monotonic() - said_at > _SAY_SECONDS:
                log.warning("waiting for the first host", url=settings.url, reason=reason)
                said, said_at = reason, time.monotonic()
            pause(wait)
            wait = min(2 * wait, _LONGEST_PAUSE)


def _welcome(settings: StorageSettings, answer: httpx.Response) -> str:
    known = answer.json()
    log.info("joined the first host", url=settings.url, name=known["name"])
    if known["version"] != __version__:
        log.warning(
            "another version than the first host's: results may differ", own=__version__, first=known["version"]
        )
    return str(known["name"])
