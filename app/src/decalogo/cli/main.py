"""The `decalogo` command. Each subcommand imports its dependencies when it runs, so that the others start quickly."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from decalogo.cli import audit, client, dead_letters, embedded, hosts, tokens
from decalogo.cli.bench import bench
from decalogo.cli.evaluate import evaluate
from decalogo.cli.extract import extract
from decalogo.cli.plan import plan
from decalogo.cli.probe import probe
from decalogo.cli.reference import reference
from decalogo.cli.report import report
from decalogo.cli.verify import verify
from decalogo.cli.watch import watch
from decalogo.errors import DecalogoError, SettingsError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Evaluate batches of development plans against the DECALOGO rubric.",
)


def _print_version(asked: bool) -> None:
    if asked:
        from decalogo import __version__

        typer.echo(f"decalogo {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line. Our own errors end it with one line, and with exit status 2 for an invalid setting."""
    try:
        app(prog_name="decalogo")
    except DecalogoError as error:
        typer.echo(f"error: {error.detail}", err=True)
        sys.exit(2 if isinstance(error, SettingsError) else 1)


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Declare the options that all commands share."""


@app.command()
def api() -> None:
    """Serve the HTTP interface until stopped."""
    from decalogo.cli.api_server import serve

    serve()


@app.command()
def worker(
    queues: Annotated[str, typer.Option(help="Celery queues, comma-separated; default: all three.")] = "",
    concurrency: Annotated[int | None, typer.Option(help="Worker processes; default: the setting.", min=1)] = None,
    environment: Annotated[Path | None, typer.Option(help="File with settings, as `join` writes it.")] = None,
) -> None:
    """Evaluate documents until stopped."""
    from decalogo.cli import services

    if environment:
        services.read_environment(environment)
    services.worker(queues, concurrency)


@app.command()
def scheduler() -> None:
    """Recover lost work and run periodic tasks until stopped."""
    from decalogo.cli import services

    services.scheduler()


@app.command()
def autoscaler() -> None:
    """Scale the workers by the queue until stopped."""
    from decalogo.cli import autoscale

    autoscale.autoscaler()


@app.command("docker-proxy")
def docker_proxy(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve the autoscaler's Docker socket proxy until stopped."""
    from decalogo.cli import autoscale

    autoscale.docker_proxy(host)


@app.command()
def trace(
    name: Annotated[str, typer.Argument(help="Id of a batch or document.")],
    follow: Annotated[bool, typer.Option(help="Print lines as they arrive, unsorted.")] = False,
) -> None:
    """Filter the lines about one batch or document from the services' logs on standard input."""
    from decalogo.cli import trace as command

    command.trace(name, follow)


@app.command()
def flower(
    address: Annotated[str, typer.Option(help="Address or host name to listen on.")] = "127.0.0.1",
) -> None:
    """Serve Flower, the view of workers and tasks, until stopped."""
    from decalogo.cli import services

    services.flower(address)


@app.command()
def workers() -> None:
    """Show the workers that answer: worker processes, prefetched messages, finished documents."""
    from decalogo.cli import workers as command

    command.workers()


@app.command()
def health(role: Annotated[str, typer.Argument(help="api, worker or scheduler")]) -> None:
    """Check whether the local service makes progress (exit status 0 or 1)."""
    from decalogo.cli import services

    services.health(role)


@app.command()
def setup(
    root: Annotated[Path, typer.Option(help="Parent of the services' secret folders.")] = Path("/secrets"),
    # readable=False: root without capabilities cannot read the services' files, and need not.
    artifacts: Annotated[Path | None, typer.Option(help="Artifact store of the services.", readable=False)] = None,
    audit_log: Annotated[Path | None, typer.Option("--audit", help="Folder of the audit log.", readable=False)] = None,
    tls_name: Annotated[list[str] | None, typer.Option(help="Name in the self-signed certificate; repeatable.")] = None,
) -> None:
    """Create the missing secrets of the stack; existing ones are never overwritten."""
    from decalogo.setup import command

    command.run(root, artifacts, audit_log, tls_name or ["localhost"])


app.add_typer(embedded.app, name="embedded")
app.add_typer(dead_letters.app, name="dead")
app.add_typer(hosts.app, name="hosts")
app.add_typer(tokens.app, name="token")
app.add_typer(audit.app, name="audit")


@app.command()
def join(
    root: Annotated[Path, typer.Option(help="Folder to write to; workers must see it under the same path.")] = Path(
        "/secrets"
    ),
    group: Annotated[int | None, typer.Option(help="Group id of the workers' processes.")] = None,
) -> None:
    """Write the files that a worker of this host needs, from a join token on standard input."""
    hosts.join(root, group)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="File to write; - is standard output.")]) -> None:
    """Save all batches, documents, results and tokens while the appliance runs."""
    from decalogo.cli import backup as command

    command.backup(file)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="File to read; - is standard input.")],
    force: Annotated[bool, typer.Option(help="Merge into an appliance that already has batches.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only read the backup, and report what is wrong.")] = False,
) -> None:
    """Restore a backup into an empty appliance."""
    from decalogo.cli import backup as command

    if check:
        command.check(file)
    else:
        command.restore(file, force)


@app.command()
def holdings(
    expiring: Annotated[float, typer.Option(help="Print the batches that are deleted within these days.")] = 0,
) -> None:
    """Print how many batches, documents and tokens the appliance stores."""
    from decalogo.cli import holdings as command

    if expiring:
        command.expiring(expiring)
    else:
        command.holdings()


@app.command()
def settings(
    compose: Annotated[bool, typer.Option("--compose", help="Print config/compose/settings.yaml instead.")] = False,
) -> None:
    """Print the reference of all settings (docs/reference/settings.md)."""
    from decalogo.cli.settings_reference import reference
    from decalogo.setup.operator_settings import compose_service

    typer.echo(compose_service() if compose else reference(), nl=False)


app.command()(evaluate)
app.command()(extract)
app.command()(report)
app.command()(reference)
app.command()(verify)
app.command()(plan)
app.command()(bench)
app.command()(probe)
app.command()(watch)
app.command()(client.submit)
app.command()(client.status)
app.command()(client.results)
