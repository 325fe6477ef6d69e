"""The `decalogo` command: one function a subcommand, each importing what it needs only when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from decalogo.cli import client, dead_letters, embedded, hosts
from decalogo.cli.bench import bench
from decalogo.cli.evaluate import evaluate
from decalogo.cli.plan import plan
from decalogo.cli.probe import probe
from decalogo.cli.report import report
from decalogo.settings import SettingsError

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
    """Run the command line; an invalid setting ends it with one line and exit status 2."""
    try:
        app(prog_name="decalogo")
    except SettingsError as error:
        sys.exit(_report(error))


def _report(error: SettingsError) -> int:
    typer.echo(f"error: {error}", err=True)
    return 2


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Declare the options that all commands share."""


@app.command()
def api() -> None:
    """Serve the HTTP interface until told to stop."""
    from decalogo.cli.api_server import serve

    serve()


@app.command()
def worker(
    queues: Annotated[str, typer.Option(help="Celery queues, comma-separated; default: the three of the guide.")] = "",
    concurrency: Annotated[int | None, typer.Option(help="Processes; default: the setting.", min=1)] = None,
    environment: Annotated[Path | None, typer.Option(help="File of settings, as `join` writes it.")] = None,
) -> None:
    """Evaluate documents until told to stop."""
    from decalogo.cli import services

    if environment:
        services.read_environment(environment)
    services.worker(queues, concurrency)


@app.command()
def scheduler() -> None:
    """Recover lost work and run periodic tasks until told to stop."""
    from decalogo.cli import services

    services.scheduler()


@app.command()
def autoscaler() -> None:
    """Have as many workers run as the queue needs, until told to stop."""
    from decalogo.cli import autoscale

    autoscale.autoscaler()


@app.command("docker-proxy")
def docker_proxy() -> None:
    """Serve the Docker socket proxy of the autoscaler until told to stop."""
    from decalogo.cli import autoscale

    autoscale.docker_proxy()


@app.command()
def trace(
    name: Annotated[str, typer.Argument(help="Id of a batch or of a document.")],
    follow: Annotated[bool, typer.Option(help="Print lines as they come instead of sorting them at the end.")] = False,
) -> None:
    """Pick the lines of one batch or document out of the services' logs on standard input."""
    from decalogo.cli import trace as command

    command.trace(name, follow)


@app.command()
def flower() -> None:
    """Show workers and tasks to operators (Flower) until told to stop."""
    from decalogo.cli import services

    services.flower()


@app.command()
def workers() -> None:
    """Show the workers that answer: documents at once, messages reserved ahead, documents done."""
    from decalogo.cli import workers as command

    command.workers()


@app.command()
def health(role: Annotated[str, typer.Argument(help="api, worker or scheduler")]) -> None:
    """Tell whether the local service makes progress (exit status 0 or 1)."""
    from decalogo.cli import services

    services.health(role)


@app.command()
def setup(
    root: Annotated[Path, typer.Option(help="Parent of the services' secret folders.")] = Path("/secrets"),
    # readable=False: root without its capabilities cannot read what is the services' own, and need not.
    artifacts: Annotated[Path | None, typer.Option(help="Artifact store of the services.", readable=False)] = None,
    tls_name: Annotated[list[str] | None, typer.Option(help="Name in the self-signed certificate; repeatable.")] = None,
) -> None:
    """Make every secret of the stack that is missing; never overwrite one."""
    from decalogo.setup import command

    command.run(root, artifacts, tls_name or ["localhost"])


app.add_typer(embedded.app, name="embedded")
app.add_typer(dead_letters.app, name="dead")
app.add_typer(hosts.app, name="hosts")


@app.command()
def join(
    root: Annotated[Path, typer.Option(help="Where to; workers must see the files under the same path.")] = Path(
        "/secrets"
    ),
    group: Annotated[int | None, typer.Option(help="Group id of the workers' processes.")] = None,
) -> None:
    """Write what a worker of this host needs, from a line of `./appliance join-token` on standard input."""
    hosts.join(root, group)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="Where to; - is standard output.")]) -> None:
    """Save all batches, documents, results and tokens while the appliance runs."""
    from decalogo.cli import backup as command

    command.backup(file)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="Where from; - is standard input.")],
    force: Annotated[bool, typer.Option(help="Merge into an appliance that already holds batches.")] = False,
) -> None:
    """Bring back what `backup` saved, into an empty appliance."""
    from decalogo.cli import backup as command

    command.restore(file, force)


@app.command()
def settings() -> None:
    """Print the reference of all settings (docs/reference/settings.md)."""
    from decalogo.cli.settings_reference import reference

    typer.echo(reference(), nl=False)


token = typer.Typer(no_args_is_help=True, help="Make, list, show, rotate and revoke access tokens.")
app.add_typer(token, name="token")


@token.command("create")
def token_create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    tier: Annotated[str, typer.Option(help="standard or premium")] = "standard",
    days: Annotated[float, typer.Option(help="Days until it expires.", min=0.0001)] = 365.0,
    tenant: Annotated[str, typer.Option(help="Owner of its batches; default: the name.")] = "",
    scope: Annotated[
        list[str] | None, typer.Option(help="submit, read or operate; repeatable; default: submit and read.")
    ] = None,
) -> None:
    """Print a new token alone on standard output; it cannot be shown again."""
    from decalogo.cli import tokens

    tokens.create(name, tier, days, tenant, scope or [])


@token.command("show")
def token_show(token_id: Annotated[str, typer.Argument(help="Its id: the middle part of the token.")]) -> None:
    """Show all that is known of one token, without its secret."""
    from decalogo.cli import tokens

    tokens.show(token_id)


@token.command("rotate")
def token_rotate(token_id: Annotated[str, typer.Argument(help="Its id: the middle part of the token.")]) -> None:
    """Give a token a new secret and print it, alone, once; the old one is useless at once."""
    from decalogo.cli import tokens

    tokens.rotate(token_id)


@token.command("list")
def token_list() -> None:
    """Show every token, revoked and expired ones included, without its secret."""
    from decalogo.cli import tokens

    tokens.show_all()


@token.command("revoke")
def token_revoke(token_id: Annotated[str, typer.Argument(help="Its id: the middle part of the token.")]) -> None:
    """Make a token useless at once and for ever."""
    from decalogo.cli import tokens

    tokens.revoke(token_id)


app.command()(evaluate)
app.command()(report)
app.command()(plan)
app.command()(bench)
app.command()(probe)
app.command()(client.submit)
app.command()(client.status)
app.command()(client.results)
