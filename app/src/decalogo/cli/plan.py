"""``decalogo plan``: which machine a given amount of work needs, from the measured model."""

from __future__ import annotations

from typing import Annotated

import typer


def plan(
    docs: Annotated[int, typer.Option(help="Documents to judge.", min=1)],
    hours: Annotated[float, typer.Option(help="Hours in which they are to be done.", min=0.01)] = 1.0,
    pages: Annotated[float, typer.Option(help="Pages of a document, on average.", min=1)] = 100.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Say how many cores, how much memory and which profile do so many documents in so many hours."""
    import json
    import math

    from decalogo.capacity.model import Model
    from decalogo.capacity.rows import row_for

    model = Model.read()
    rate = docs / hours
    cores = model.cores_for(rate, pages)
    if cores is None:
        most = model.project(1024, pages)
        typer.echo(
            f"{rate:,.0f} documents an hour is more than one appliance gives on any number of cores: its"
            f" {most.bound} bears about {most.per_hour:,.0f}. Split the work among several appliances.",
            err=True,
        )
        raise typer.Exit(1)
    slots = 2 * cores
    memory = math.ceil(model.memory_gb(slots))
    row = row_for(cores, memory)
    estimate = model.project(cores, pages)
    minutes = 60 * docs / estimate.per_hour
    first, last = round(60 * docs / estimate.high, 1), round(60 * docs / estimate.low, 1)
    answer = {
        "documents_per_hour": round(rate),
        "cores": cores,
        "memory_gb": memory,
        "profile": row.name if row else None,
        "machines": row.machines if row else None,
        "expected_minutes": round(minutes, 1),
        "interval_minutes": [first, last],
        "core_seconds_per_document": round(model.worker_seconds(pages), 3),
        "source": model.source,
    }
    if as_json:
        typer.echo(json.dumps(answer))
        return
    typer.echo(f"{docs:,} documents of {pages:g} pages in {hours:g} h: {rate:,.0f} an hour")
    typer.echo(f"cores     {cores}")
    typer.echo(f"memory    {memory} GB ({slots} documents in work at once)")
    if row:
        machines = f", on {row.machines} machines of {row.cores} cores" if row.machines > 1 else ""
        typer.echo(f"profile   {row.name}{machines}    ./appliance up --profile {row.name}")
    else:
        typer.echo(f"profile   none is so large: {math.ceil(cores / 16)} machines of 16 cores with the profile 8x16c")
    typer.echo(f"expected  {minutes:.0f} minutes ({first:.0f} to {last:.0f}); a projection from what was measured:")
    typer.echo(f"          {model.source}")
