"""``decalogo verify FILE``: check a signed review that was exported."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer


def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The exported file (JSON).")],
) -> None:
    """Check that result and reviews are those that were signed; exit code 1 when they are not."""
    import orjson

    from decalogo.reviews.bundle import verify as problems_of

    try:
        content = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise typer.BadParameter(f"{file} is no JSON file.") from error
    problems = problems_of(content if isinstance(content, dict) else {})
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)
    signature = content["signature"]
    when = datetime.fromtimestamp(signature["time"], UTC).isoformat(timespec="seconds")
    typer.echo(f"Intact. Signed by {signature['person']} at {when}.")
