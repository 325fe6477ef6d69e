"""``decalogo autoscaler`` and ``decalogo gate``: a number of workers that follows the queue (compose.scale.yaml)."""

from __future__ import annotations

import socket

from decalogo.logs import configure
from decalogo.settings import get_settings
from decalogo.signals import stop_on_signals


def autoscaler() -> None:
    """Run until told to stop."""
    import httpx

    from decalogo.autoscale.control import CeleryControl
    from decalogo.autoscale.loop import Autoscaler
    from decalogo.batches.ledger import open_ledger
    from decalogo.health import beat
    from decalogo.queue.app import get_celery

    settings = get_settings()
    configure(settings.log)
    stop = stop_on_signals()
    # A removal lasts as long as the worker's own stop.
    gate = httpx.Client(base_url=settings.autoscale.gate_url, timeout=120, trust_env=False)
    scaler = Autoscaler(open_ledger(settings), gate, CeleryControl(get_celery()), settings.autoscale)
    scaler.run(lambda: beat("autoscaler"), stop.wait)


def gate() -> None:
    """Serve the gate until told to stop; the project is that of the container this runs in."""
    import uvicorn

    from decalogo.autoscale.engine import Engine
    from decalogo.autoscale.gate import gate as application

    settings = get_settings()
    configure(settings.log)
    engine = Engine(settings.autoscale.engine_socket, self_id=socket.gethostname())
    uvicorn.run(
        application(engine, settings.autoscale),
        host=settings.autoscale.gate_host,
        port=8080,
        log_config=None,
        access_log=False,
    )
