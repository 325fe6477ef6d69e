"""``decalogo autoscaler`` and ``decalogo docker-proxy`` (services of compose.scale.yaml)."""

from __future__ import annotations

import socket

from decalogo.logs import configure
from decalogo.settings import get_settings
from decalogo.signals import stop_on_signals

# As compose.scale.yaml names the service and mounts the socket.
DOCKER_PROXY_URL = "http://docker-proxy:8080"
ENGINE_SOCKET = "/var/run/docker.sock"


def autoscaler() -> None:
    """Run the autoscaler until a stop signal arrives."""
    import httpx

    from decalogo.autoscale.control import CeleryControl
    from decalogo.autoscale.loop import Autoscaler
    from decalogo.batches.ledger import open_ledger
    from decalogo.health import beat
    from decalogo.queue.app import get_celery

    settings = get_settings()
    configure(settings.log)
    stop = stop_on_signals()
    # The proxy answers a removal only after the worker has stopped.
    proxy = httpx.Client(base_url=DOCKER_PROXY_URL, timeout=120, trust_env=False)
    scaler = Autoscaler(open_ledger(settings), proxy, CeleryControl(get_celery()), settings.autoscale)
    scaler.run(lambda: beat("autoscaler"), stop.wait)


def docker_proxy(host: str) -> None:
    """Serve the Docker socket proxy for the Compose project of this container, until a stop signal arrives."""
    import uvicorn

    from decalogo.autoscale.docker_proxy import docker_proxy as application
    from decalogo.autoscale.engine import Engine

    settings = get_settings()
    configure(settings.log)
    engine = Engine(ENGINE_SOCKET, self_id=socket.gethostname())
    uvicorn.run(
        application(engine, settings.autoscale),
        host=host,
        port=8080,
        log_config=None,
        access_log=False,
    )
