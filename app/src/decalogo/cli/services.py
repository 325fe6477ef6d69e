"""Run the services worker, scheduler and Flower, and check their health."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import typer

from decalogo.logs import configure
from decalogo.settings import get_settings


def read_environment(file: Path) -> None:
    """Read environment variables from a file like systemd's ``EnvironmentFile``; existing ones take precedence."""
    for line in file.read_text(encoding="utf-8").splitlines():
        name, found, value = line.partition("=")
        if found and not line.startswith("#"):
            os.environ.setdefault(name, value)


def worker(queues: str, concurrency: int | None) -> None:
    """Run a Celery worker in this process until stopped."""
    # Celery reads this when it is imported: SIGTERM then starts the soft shutdown, which requeues documents.
    os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
    # Each worker process evaluates one document; more threads of native libraries would only compete for the cores.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    settings = get_settings()

    from billiard.util import get_logger

    from decalogo import memory
    from decalogo.batches.format import check_at_start
    from decalogo.batches.queues import SUSPECT, SUSPECT_QUEUES, WORK_QUEUES
    from decalogo.metrics import worker as metrics
    from decalogo.queue.app import get_celery, worker_name
    from decalogo.worker.leases import LeaseRenewal

    app = get_celery()
    memory.set_bound(settings.queue.child_address_space_bytes, concurrency or settings.queue.concurrency)
    app.steps["consumer"].add(LeaseRenewal)
    role = "suspect" if queues == SUSPECT else "worker"
    configure(settings.log, service=role, worker=worker_name(role))
    # The pool's logger does not propagate, and Celery would give it another format.
    get_logger().handlers[:] = logging.getLogger().handlers
    metrics.start(settings, role)
    if settings.storage.url:
        from decalogo.worker.first_host import await_first_host

        await_first_host(settings.storage)
    else:
        check_at_start(settings.redis, migrate=False)
    names = ",".join(SUSPECT_QUEUES) if role == "suspect" else queues or ",".join(WORK_QUEUES)
    arguments = [
        "--quiet",
        "worker",
        f"--queues={names}",
        f"--hostname={worker_name(role)}",
        f"--loglevel={settings.log.level}",
    ]
    arguments += ["--without-gossip", "--without-mingle"]
    if concurrency:
        arguments.append(f"--concurrency={concurrency}")
    app.worker_main(arguments)


def scheduler() -> None:
    """Run recovery and periodic tasks until stopped."""
    settings = get_settings()
    configure(settings.log, service="scheduler")
    from decalogo.scheduler.service import run_scheduler

    run_scheduler(settings)


def flower(address: str) -> None:
    """Serve the view of workers and tasks under /flower/ until stopped; its history is bounded.

    Args:
        address: address or host name to listen on. Flower asks for no login, so only the reverse proxy may reach it.
    """
    settings = get_settings()
    configure(settings.log)
    from decalogo.queue.app import get_celery

    options = {
        "address": address,
        "port": 5555,
        "url_prefix": "flower",
        "max_workers": 200,
        "max_tasks": 10_000,
        "purge_offline_workers": 3600,
        "read_only": True,
        "logging": settings.log.level.lower(),
    }
    app = get_celery()
    # Each consumer restores unacknowledged messages: Flower only its own, never the workers'.
    own = {name: f"flower.{name}" for name in ("unacked", "unacked_index", "unacked_mutex")}
    app.conf.broker_transport_options |= {f"{name}_key": value for name, value in own.items()}
    app.start(["flower", *(f"--{name.replace('_', '-')}={value}" for name, value in options.items())])


def health(role: str) -> None:
    """Exit with 0 if the local service makes progress, else with 1 and the reason."""
    from decalogo.health import check

    trouble = check(role, get_settings())
    if trouble:
        typer.echo(f"{role} {trouble}", err=True)
        sys.exit(1)
