"""``decalogo embedded …``: run the appliance as local processes, for hosts without a container engine."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from decalogo.embedded.instance import Instance
    from decalogo.embedded.layout import Layout

app = typer.Typer(no_args_is_help=True, help="Run the whole appliance as local processes, without a container engine.")

Data = Annotated[
    Path,
    typer.Option("--data", help="Folder for all its data.", envvar="DECALOGO_EMBEDDED_DATA", file_okay=False),
]
DEFAULT_DATA = Path("var")


@contextmanager
def _problems_reported() -> Iterator[None]:
    """Turn our own errors into one message and exit status 1."""
    from decalogo.errors import DecalogoError

    try:
        yield
    except DecalogoError as error:
        typer.echo(f"error: {error.detail}", err=True)
        raise typer.Exit(1) from error


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _running(data: Path) -> tuple[Layout, Instance]:
    """Return the running appliance of a data folder; raise :class:`EmbeddedError` if there is none."""
    from decalogo.embedded.instance import read_instance
    from decalogo.embedded.layout import Layout
    from decalogo.embedded.supervisor import is_running
    from decalogo.errors import EmbeddedError

    layout = Layout.at(data)
    instance = read_instance(layout.instance)
    if instance is None or not is_running(layout):
        raise EmbeddedError(f"no appliance is running in {layout.data}; start it with `decalogo embedded up`")
    return layout, instance


@app.command()
def up(
    data: Data = DEFAULT_DATA,
    workers: Annotated[int | None, typer.Option(help="Worker processes; initially 2.", min=1)] = None,
    port: Annotated[int | None, typer.Option(help="Port of the API; initially 8000.", min=1, max=65535)] = None,
    timeout: Annotated[float, typer.Option(help="Timeout for the start, seconds.", min=1)] = 180.0,
    attach: Annotated[bool, typer.Option("--attach", help="Show the logs, and stop on Ctrl-C.")] = False,
) -> None:
    """Start the appliance and wait until it is ready; a running appliance stays as it is."""
    from decalogo.embedded import lifecycle
    from decalogo.embedded.layout import Layout
    from decalogo.embedded.secrets import admin_token_file
    from decalogo.setup.operator_settings import check_operator_variables

    check_operator_variables(os.environ)
    layout = Layout.at(data)
    with _problems_reported():
        # A signal during the start must also stop the processes that were started.
        signal.signal(signal.SIGTERM, _interrupt)
        outcome = lifecycle.up(layout, port=port, workers=workers, timeout_seconds=timeout, say=_say)
        url = outcome.instance.url
        typer.echo("already running" if outcome.was_running else "ready")
        typer.echo(f"address       {url}")
        typer.echo(f"admin token   {admin_token_file(layout)}")
        typer.echo(f"next          decalogo submit FILE --wait --url {url} --token-file {admin_token_file(layout)}")
        if attach:
            _stay(layout)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _stay(layout: Layout) -> None:
    """Show the logs until interrupted, then stop; exit with 1 if the appliance stopped on its own."""
    from decalogo.embedded import lifecycle
    from decalogo.embedded.logs import Follower, follow
    from decalogo.embedded.supervisor import Supervisor, is_running

    followers = {service.name: Follower(layout.logs / f"{service.name}.log") for service in Supervisor(layout).states()}
    try:
        follow(followers, lambda name, line: typer.echo(f"{name} | {line}"), going=lambda: is_running(layout))
    except KeyboardInterrupt:
        _say("stopping")
        lifecycle.stop(layout)
    else:
        _say("another command stopped the appliance")
        raise typer.Exit(1)


@app.command()
def down(
    data: Data = DEFAULT_DATA,
    volumes: Annotated[
        bool, typer.Option("--volumes", help="Also delete its data: documents, results, tokens.")
    ] = False,
) -> None:
    """Stop the appliance; unfinished documents continue after the next start."""
    from decalogo.embedded import lifecycle
    from decalogo.embedded.layout import Layout

    layout = Layout.at(data)
    with _problems_reported():
        typer.echo("stopped" if lifecycle.stop(layout) else f"no appliance is running in {layout.data}")
        if volumes:
            lifecycle.remove_data(layout)
            typer.echo(f"deleted the data in {layout.data}")


@app.command()
def status(data: Data = DEFAULT_DATA) -> None:
    """Show the services; exit with 0 if all run and the API is ready, else with 1."""
    from decalogo.embedded.readiness import api_ready
    from decalogo.embedded.supervisor import Supervisor

    with _problems_reported():
        layout, instance = _running(data)
        states = Supervisor(layout).states()
        for service in states:
            port = instance.metrics().get(service.name)
            metrics = f"  metrics on port {port}" if port else ""
            typer.echo(f"{service.name:<16}{service.state:<10}{service.description}{metrics}")
        missing = api_ready(instance)()
        typer.echo(f"{instance.url}  {missing or 'ready'}")
        if missing or any(service.state != "RUNNING" for service in states):
            raise typer.Exit(1)


@app.command()
def logs(
    service: Annotated[str, typer.Argument(help="One service; default: all.")] = "",
    data: Data = DEFAULT_DATA,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Follow the logs until interrupted.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", help="Number of last lines of each log.", min=0)] = 100,
) -> None:
    """Show the logs of the services."""
    from decalogo.embedded import logs as reading
    from decalogo.embedded.layout import Layout
    from decalogo.errors import EmbeddedError

    with _problems_reported():
        folder = Layout.at(data).logs
        paths = sorted(folder.glob("*.log"))
        if service:
            known = [path.stem for path in paths]
            paths = [path for path in paths if path.stem == service]
            if not paths:
                raise EmbeddedError(f"no log of {service!r} in {folder}; there are: {', '.join(known) or 'none'}")
        followers = {path.stem: reading.Follower(path) for path in paths} if follow else {}
        for path in paths:
            for line in reading.tail(path, lines=lines).splitlines():
                typer.echo(line if service else f"{path.stem} | {line}")
        if follow:
            try:
                reading.follow(
                    followers,
                    lambda name, line: typer.echo(line if service else f"{name} | {line}"),
                    going=lambda: True,
                )
            except KeyboardInterrupt:
                raise typer.Exit(0) from None


@app.command()
def url(data: Data = DEFAULT_DATA) -> None:
    """Print the base URL."""
    with _problems_reported():
        typer.echo(_running(data)[1].url)


@app.command()
def token(data: Data = DEFAULT_DATA) -> None:
    """Print the path of the file with the admin token."""
    from decalogo.embedded.secrets import admin_token_file

    with _problems_reported():
        typer.echo(admin_token_file(_running(data)[0]))


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def run(
    arguments: Annotated[list[str], typer.Argument(help="A decalogo command and its options, after `--`.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Run a decalogo command against this appliance, for example `run -- token create NAME`."""
    from decalogo.embedded.config import client_environment

    with _problems_reported():
        layout, instance = _running(data)
        environment = client_environment(layout, instance)
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "decalogo", *arguments], environment)  # noqa: S606
