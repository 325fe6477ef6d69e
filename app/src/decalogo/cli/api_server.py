"""``decalogo api``: serve the HTTP interface with gunicorn in the current process, which may be PID 1."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any, ClassVar

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from uvicorn_worker import UvicornWorker

from decalogo.api.app import CLEAN_UP_SECONDS
from decalogo.api.http_protocol import ProblemProtocol
from decalogo.batches.format import check_at_start
from decalogo.forking import keep_shared
from decalogo.logs import configure
from decalogo.metrics import api as metrics
from decalogo.metrics.record import count_in_parent
from decalogo.settings import Settings, get_settings
from decalogo.webapp import create_app

_SWITCH_SECONDS = 0.0005
"""Python's switch interval. With its default of 5 ms, a request that waits for three threads in a row loses 15 ms."""


class OurLogger(Logger):  # type: ignore[misc]
    """Passes the messages of gunicorn and uvicorn to the handlers of the process."""

    def setup(self, cfg: Any) -> None:
        """Replace gunicorn's handlers."""
        super().setup(cfg)
        root = logging.getLogger()
        self.error_log.handlers = root.handlers[:]
        self.error_log.setLevel(root.level)


class ApiWorker(UvicornWorker):  # type: ignore[misc]
    """A worker process that cancels unfinished requests before gunicorn kills it, so that they can clean up."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {"loop": "auto", "http": ProblemProtocol, "server_header": False}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.config.timeout_graceful_shutdown = self.cfg.graceful_timeout - 2 * CLEAN_UP_SECONDS


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with our settings; each process creates its application and connections after the fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._observations = metrics.start(settings)
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's options; its command line and configuration files are not read."""
        for name, value in options(self._settings).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the application of one process."""
        if self._observations is not None:
            count_in_parent(self._observations)
        sys.setswitchinterval(_SWITCH_SECONDS)
        return create_app(self._settings)


def options(settings: Settings) -> dict[str, Any]:
    """Return gunicorn's settings."""
    memory = Path("/dev/shm")  # noqa: S108 - gunicorn's heartbeat file: a slow disk must not look like a hung process
    return {
        "bind": f"{settings.api.host}:{settings.api.port}",
        "workers": settings.api.processes,
        "worker_class": ApiWorker,
        "worker_tmp_dir": str(memory) if memory.is_dir() else None,
        "graceful_timeout": settings.api.graceful_seconds + 2 * CLEAN_UP_SECONDS,
        "timeout": 60,  # seconds without a heartbeat of the event loop, not the duration of a request
        "keepalive": 75,  # longer than the reverse proxy's, so that it never writes into a closed connection
        "max_requests": 0,
        "pre_fork": lambda _arbiter, _worker: keep_shared(),
        "accesslog": None,
        "control_socket_disable": True,  # would be a writable socket in the home folder
        "logger_class": OurLogger,
        "forwarded_allow_ips": settings.api.trusted_proxies,
        "proc_name": "decalogo-api",
    }


def serve() -> None:
    """Run until SIGTERM; then finish the open requests (at most ``api.graceful_seconds``) and exit."""
    settings = get_settings()
    configure(settings.log, service="api")
    check_at_start(settings.redis)
    Server(settings).run()
