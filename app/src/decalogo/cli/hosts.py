"""``decalogo hosts …`` on the first host, and ``decalogo join`` on another."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from decalogo.cli.error_messages import errors_reported

app = typer.Typer(no_args_is_help=True, help="Let other hosts join, list them, put them out (the stack's one-shot).")
Root = Annotated[Path, typer.Option(help="Parent of the services' secret folders.")]
_ROOT = Path("/secrets")


@app.command()
@errors_reported()
def add(
    name: Annotated[str, typer.Argument(help="Name of the host, shown in the names of its workers.")],
    address: Annotated[str, typer.Option(help="Name or address under which it reaches this one.")],
    port: Annotated[int, typer.Option(help="Published port of documents (HTTPS).")] = 7443,
    redis_port: Annotated[int, typer.Option(help="Published port of Redis (TLS).")] = 6380,
    root: Root = _ROOT,
) -> None:
    """Print a line that lets a host join, alone on standard output; it cannot be shown again."""
    from decalogo.setup.hosts import add_host

    print(add_host(root, name, address=address, port=port, redis_port=redis_port).encode())


@app.command("list")
@errors_reported()
def show_all(root: Root = _ROOT) -> None:
    """Print id, name and day of every host that may join."""
    from decalogo.setup.hosts import known_hosts

    for host in known_hosts(root):
        print(f"{host.host_id}  {datetime.fromtimestamp(host.created, UTC).date().isoformat()}  {host.name}")


@app.command()
@errors_reported()
def revoke(host_id: Annotated[str, typer.Argument(help="Its id, as `list` shows it.")], root: Root = _ROOT) -> None:
    """Put a host out: its requests are refused at once, its connections end when Redis reads its users again."""
    from decalogo.setup.hosts import revoke_host

    host = revoke_host(root, host_id)
    print(f"{host.host_id}  {host.name}")


@errors_reported()
def join(root: Path, group: int | None) -> None:
    """Read a join line from standard input and write what a worker of this host needs."""
    from decalogo.access.hosts import JoinLine
    from decalogo.setup.joining import write_joined

    line = JoinLine.decode(sys.stdin.read())
    write_joined(root, line, group)
    typer.echo(
        f"host {line.name} joins {line.address} (documents: port {line.port}, Redis: port {line.redis_port})", err=True
    )
