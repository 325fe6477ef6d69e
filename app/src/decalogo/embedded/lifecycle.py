"""Start an embedded appliance and wait until it is ready; stop it and wait until nothing of it runs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from decalogo.embedded import supervisor
from decalogo.embedded.config import MARK, environment, services, write_configuration
from decalogo.embedded.instance import Instance, choose, read_instance
from decalogo.embedded.layout import Layout
from decalogo.embedded.orphans import stop_orphans
from decalogo.embedded.readiness import Watch, api_ready, server_answers
from decalogo.embedded.secrets import make_secrets
from decalogo.embedded.supervisor import Supervisor
from decalogo.errors import EmbeddedError

# Longer than the stop times of workers, scheduler and server in a row (30 s each).
STOP_SECONDS = 100.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Up:
    """Outcome of ``up``: the appliance, and whether it ran before."""

    instance: Instance
    was_running: bool


def up(layout: Layout, *, port: int | None, workers: int | None, timeout_seconds: float, say: Say) -> Up:
    """Start the services and return when ``/api/v1/ready`` responds 200.

    Args:
        layout: the data folder.
        port: port of the API; ``None``: that of the last start, else 8000.
        workers: documents evaluated concurrently; ``None``: that of the last start, else 2.
        timeout_seconds: maximum time until ready.
        say: receives progress messages.

    Raises:
        EmbeddedError: it cannot start, or was not ready in time. Everything that this call started is stopped.
    """
    deadline = time.monotonic() + timeout_seconds
    layout.prepare()
    lock = supervisor.take_lock(layout)
    if lock is None:
        return _join(layout, port=port, workers=workers, deadline=deadline, say=say)
    with lock:
        if count := stop_orphans(layout):
            say(f"stopped {count} processes left behind by a killed supervisor")
        layout.clear_tmp()
        make_secrets(layout)
        instance = choose(read_instance(layout.instance), port=port, workers=workers)
        instance.write(layout.instance)
        configuration = write_configuration(layout, instance)
        variables = {**environment(layout, instance), MARK: str(layout.data)}
        supervisor.spawn(layout, configuration, variables, lock)
    try:
        _start_services(layout, instance, deadline, say)
    except BaseException:  # after an interrupt, too, nothing may stay behind
        say("stopping")
        stop(layout)
        raise
    return Up(instance, was_running=False)


def _start_services(layout: Layout, instance: Instance, deadline: float, say: Say) -> None:
    control = Supervisor(layout)
    control.wait_until_answering(deadline)
    watch = Watch(layout, control, deadline)
    server, *others = services(layout, instance)
    say("starting the server")
    control.start(server.name)
    watch.until(server_answers(layout, instance))
    say("starting " + ", ".join(service.name for service in others))
    for service in others:
        control.start(service.name)
    watch.until(api_ready(instance))


def _join(layout: Layout, *, port: int | None, workers: int | None, deadline: float, say: Say) -> Up:
    """Wait for an appliance that already runs, and start services that the supervisor gave up on."""
    control = Supervisor(layout)
    control.wait_until_answering(deadline)
    instance = read_instance(layout.instance)
    if instance is None:
        raise EmbeddedError(f"{layout.data} is in use, but {layout.instance} is gone. Stop it with `embedded down`.")
    if port not in (None, instance.port):
        raise EmbeddedError(
            f"the appliance in {layout.data} already runs, on port {instance.port}. Stop it first (`embedded down`) to"
            " change that, or choose another data folder with --data."
        )
    if workers not in (None, instance.workers):
        say(f"replacing the worker: {workers} concurrent documents instead of {instance.workers}")
        instance = replace(instance, workers=workers or instance.workers)
        instance.write(layout.instance)
        write_configuration(layout, instance)
        control.replace("worker")
    for service in control.states():
        if service.state == "FATAL":
            control.start(service.name)
    Watch(layout, control, deadline).until(api_ready(instance))
    return Up(instance, was_running=True)


def stop(layout: Layout) -> bool:
    """Stop everything; return whether anything ran. Workers requeue their documents first."""
    if supervisor.is_running(layout):
        supervisor.stop(layout, patience_seconds=STOP_SECONDS)
        stop_orphans(layout)
        return True
    return stop_orphans(layout) > 0


def remove_data(layout: Layout) -> None:
    """Delete the folders of the embedded form, and the data folder if it is empty then."""
    if not layout.instance.exists():
        raise EmbeddedError(f"{layout.data} was not made by `embedded up`: nothing is deleted")
    for folder in layout.folders:
        if folder.is_symlink():
            folder.unlink()  # its target belongs to the operator
        elif folder.exists():
            shutil.rmtree(folder)
    layout.instance.unlink()
    if not any(layout.data.iterdir()):
        layout.data.rmdir()
