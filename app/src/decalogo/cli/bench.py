"""``decalogo bench``: measure the throughput with the user's own documents, and recommend a sizing profile."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from decalogo.cli import client

if TYPE_CHECKING:
    from decalogo.capacity.bench import Measured


def bench(
    ctx: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(help="Documents like those to be evaluated.", exists=True, dir_okay=False)
    ],
    documents: Annotated[int, typer.Option(help="Documents to evaluate in each run; files repeat.", min=1)] = 40,
    processes: Annotated[int, typer.Option(help="Worker processes; 0: one per CPU.", min=0)] = 0,
    target: Annotated[float, typer.Option(help="Documents per hour that you need.", min=0)] = 0.0,
    with_embedded: Annotated[
        bool, typer.Option("--embedded/--no-embedded", help="Also start and measure an embedded appliance.")
    ] = True,
    url: client.Url = "",
    token: client.TokenText = "",
    token_file: client.TokenFile = None,
    ca: client.CaFile = None,
) -> None:
    """Measure the evaluator alone, an embedded appliance, and the appliance at --url; recommend a sizing profile.

    The exit status is that of `decalogo submit`: 3 if a document has no full result.
    """
    import tempfile

    from decalogo.capacity import bench as way
    from decalogo.client.connection import Connection
    from decalogo.errors import BenchError, EmbeddedError

    processes = processes or len(os.sched_getaffinity(0))
    with client.outcome(), tempfile.TemporaryDirectory(prefix="decalogo-bench-") as folder:
        made = way.copies(files, documents, Path(folder))
        try:
            running = []
            if url:  # first, so a wrong address or token fails immediately
                access = client.given_token(ctx, token, token_file)
                running = [way.through("running appliance", Connection(url, access, ca_file=ca), made)]
            found = [way.bare(made, processes)]
            if with_embedded:
                found.append(way.embedded(made, processes))
        except (BenchError, EmbeddedError) as error:
            typer.echo(f"error: {error.detail}", err=True)
            raise typer.Exit(1) from error
    _show(found + running, processes)
    if found[0].stages:
        _advise(found[0], target)
    if any(one.failed for one in found):
        raise typer.Exit(client.INCOMPLETE)


def _show(found: list[Measured], processes: int) -> None:
    typer.echo(
        f"{'way':<20} {'documents':>9} {'failed':>6} {'seconds':>8} {'documents per hour':>18}  ({processes} processes)"
    )
    for one in found:
        typer.echo(f"{one.way:<20} {one.documents:>9} {one.failed:>6} {one.seconds:>8.1f} {one.per_hour:>18,.0f}")
    stages = {name: seconds for name, seconds in found[0].stages.items() if name != "cpu"}
    if stages:
        typer.echo(
            "stages of an average document, ms of wall time: "
            + ", ".join(f"{n} {1000 * s:.0f}" for n, s in stages.items())
        )


def _advise(alone: Measured, target: float) -> None:
    """Print the projected throughput of each sizing profile, and mark the smallest one that reaches the target."""
    from dataclasses import replace

    from decalogo.capacity.model import Model
    from decalogo.capacity.rows import ROWS

    measured = Model.read()
    model = replace(measured, worker=((alone.pages, alone.stages["cpu"]),))
    cost = f"{alone.stages['cpu']:.2f} CPU s per document of {alone.pages:.0f} pages"
    typer.echo(f"\nprojected with {cost} (scaling: {measured.source})")
    bought = ""
    for row in ROWS:
        found = model.project(row.cores * row.machines, alone.pages)
        mark = ""
        if target and not bought and found.low >= target:
            bought, mark = row.name, "   <- sufficient"
        limit = "" if found.bound == "cpu" else f", limited by {found.bound}"
        interval = f"({found.low:,.0f} to {found.high:,.0f}{limit})"
        typer.echo(f"{row.name:<16} {found.per_hour:>10,.0f} per hour {interval}{mark}")
    if target and not bought:
        typer.echo(f"no sizing profile reaches {target:,.0f} documents per hour with certainty")
