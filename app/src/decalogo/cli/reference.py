"""``decalogo reference``: make the distribution that percentiles refer to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from decalogo.cli.counts import counted


def reference(
    results: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Results (JSON) of documents.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: RUBRIC.reference.json.")],
    name: Annotated[str, typer.Option(help="What the documents are, for people.")],
) -> None:
    """Make a reference from results, so that further results of the same rubric show their percentile in it."""
    import orjson

    from decalogo.evaluation.scoring.reference import FEWEST, make_reference

    read = [(path.stem, orjson.loads(path.read_bytes())) for path in results]
    try:
        output.write_bytes(make_reference(read, name))
    except (KeyError, TypeError, ValueError) as error:
        raise typer.BadParameter(f"not results of one version: {error}") from error
    few = f" (at least {FEWEST} are needed for percentiles)" if len(read) < FEWEST else ""
    typer.echo(f"{output}: {counted(len(read), 'document')}{few}")
