"""Endpoint ``/metrics``: a small HTTP server in its own thread, and the metrics that all services share."""

from __future__ import annotations

import os
import platform
import socket
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    ProcessCollector,
    disable_created_metrics,
    exposition,
)

from decalogo import __version__
from decalogo.settings import MetricsSettings

log = structlog.get_logger(__name__)

PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
PACKAGES_DATE = Path("/usr/share/decalogo/packages-date")
_RETRY_SECONDS = 1.0
# Otherwise half of all lines would contain the creation time of a series, which Prometheus does not need.
disable_created_metrics()  # type: ignore[no-untyped-call]


def new_registry(service: str) -> tuple[CollectorRegistry, Counter]:
    """Return a registry with the metrics of all services, and the counter of lost observations."""
    registry = CollectorRegistry()
    build = Gauge("decalogo_build_info", "Always 1.", ["version", "python", "service", "host"], registry=registry)
    build.labels(__version__, platform.python_version(), service, socket.gethostname()).set(1)
    _report_packages(registry)
    ProcessCollector(registry=registry)
    lost = Counter(
        "decalogo_metrics_lost_total", "Observations that did not reach the exposing process.", registry=registry
    )
    return registry, lost


def _report_packages(registry: CollectorRegistry) -> None:
    """Add the age of the Debian packages; outside of the image there is none."""
    try:
        installed = datetime.fromisoformat(PACKAGES_DATE.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return
    described = "When the Debian packages of the image were installed, Unix seconds."
    gauge = Gauge("decalogo_packages_timestamp_seconds", described, ["image"], registry=registry)
    gauge.labels("app").set(installed.timestamp())


def expose(registry: CollectorRegistry, settings: MetricsSettings) -> None:
    """Start to serve the registry. A port that is in use is retried every second and never stops the service."""
    threading.Thread(target=_serve, args=(registry, settings), daemon=True, name="metrics").start()


def resident_bytes(pid: int) -> int | None:
    """Return the resident memory of a process, bytes; None when it has ended or the system does not report it."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], registry: CollectorRegistry) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.registry = registry
        super().__init__(address, _Page)

    def server_bind(self) -> None:
        # The base class resolves the full name of this host, which takes seconds without a name server.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)


class _Page(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(404)
            return
        encode, kind = exposition.choose_encoder(self.headers.get("Accept", ""))
        try:
            body = encode(self.server.registry)
        except Exception:
            log.exception("metrics cannot be collected")
            self.send_error(500)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: one line per scrape would hide other messages."""


def _serve(registry: CollectorRegistry, settings: MetricsSettings) -> None:
    logged = False
    while True:
        try:
            server = _Server((settings.host, settings.port), registry)
        except OSError as error:
            if not logged:
                log.warning("metrics cannot be served yet", port=settings.port, error=str(error))
            logged = True
            time.sleep(_RETRY_SECONDS)
            continue
        # A child that outlives this process must not keep the port.
        os.register_at_fork(after_in_child=server.socket.close)
        server.serve_forever()
