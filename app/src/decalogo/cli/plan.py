"""``decalogo plan``: the machine for a given workload, from the measured capacity model."""

from __future__ import annotations

from typing import Annotated

import typer


def plan(
    docs: Annotated[int, typer.Option(help="Documents to evaluate.", min=1)],
    hours: Annotated[float, typer.Option(help="Time for all documents, hours.", min=0.01)] = 1.0,
    pages: Annotated[float, typer.Option(help="Average pages per document.", min=1)] = 100.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Print the cores, memory and sizing profile that evaluate a number of documents in a number of hours."""
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
            f"{rate:,.0f} documents per hour exceed one appliance with any number of cores: {most.bound} limits it to"
            f" about {most.per_hour:,.0f}. Divide the documents among several appliances.",
            err=True,
        )
        raise typer.Exit(1)
    processes = 2 * cores
    memory = math.ceil(model.memory_gb(processes))
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
    typer.echo(f"{docs:,} documents of {pages:g} pages in {hours:g} h: {rate:,.0f} per hour")
    typer.echo(f"cores     {cores}")
    typer.echo(f"memory    {memory} GB ({processes} worker processes)")
    if row:
        machines = f", on {row.machines} machines of {row.cores} cores" if row.machines > 1 else ""
        typer.echo(f"profile   {row.name}{machines}    ./appliance up --profile {row.name}")
    else:
        typer.echo(f"profile   beyond the largest: {math.ceil(cores / 16)} machines of 16 cores with the profile 8x16c")
    typer.echo(f"expected  {minutes:.0f} minutes ({first:.0f} to {last:.0f}), projected from these measurements:")
    typer.echo(f"          {model.source}")
