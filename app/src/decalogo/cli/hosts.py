"""``decalogo hosts …`` on the first host, and ``decalogo join`` on a remote host."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from decalogo.cli.error_messages import errors_reported

app = typer.Typer(no_args_is_help=True, help="Add, list and revoke remote hosts (runs in the stack's setup container).")
Root = Annotated[Path, typer.Option(help="Parent of the services' secret folders.")]
_ROOT = Path("/secrets")


@app.command()
@errors_reported()
def add(
    name: Annotated[str, typer.Argument(help="Name of the host; its workers show it in their names.")],
    address: Annotated[str, typer.Option(help="Name or address of this host, as the remote host reaches it.")],
    port: Annotated[int, typer.Option(help="Published port for documents (HTTPS).")] = 7443,
    redis_port: Annotated[int, typer.Option(help="Published port for Redis (TLS).")] = 6380,
    root: Root = _ROOT,
) -> None:
    """Print the join token of a new host, alone on standard output; it cannot be shown again."""
    from decalogo.setup.hosts import add_host

    print(add_host(root, name, address=address, port=port, redis_port=redis_port).encode())


@app.command("list")
@errors_reported()
def show_all(root: Root = _ROOT) -> None:
    """Print id, date and name of every host that may join."""
    from decalogo.setup.hosts import known_hosts

    for host in known_hosts(root):
        print(f"{host.host_id}  {datetime.fromtimestamp(host.created, UTC).date().isoformat()}  {host.name}")


@app.command()
@errors_reported()
def revoke(
    host_id: Annotated[str, typer.Argument(help="Id of the host, as `list` shows it.")], root: Root = _ROOT
) -> None:
    """Revoke a host: its requests are rejected immediately; its connections end when Redis reloads its users."""
    from decalogo.setup.hosts import revoke_host

    host = revoke_host(root, host_id)
    print(f"{host.host_id}  {host.name}")


@errors_reported()
def join(root: Path, group: int | None) -> None:
    """Read a join token from standard input and write the files that a worker of this host needs."""
    from decalogo.access.hosts import JoinLine
    from decalogo.setup.joining import write_joined

    line = JoinLine.decode(sys.stdin.read())
    write_joined(root, line, group)
    typer.echo(
        f"host {line.name} joins {line.address} (documents: port {line.port}, Redis: port {line.redis_port})", err=True
    )
