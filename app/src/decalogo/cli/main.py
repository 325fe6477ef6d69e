"""The `decalogo` command: one function a subcommand, each importing what it needs only when it runs."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="DECALOGO: judge batches of plans by one yardstick.")


@app.callback()
def root() -> None:
    """Keep subcommands even while there is only one."""
