"""`decalogo setup`: the stack's one-shot, run as root with CAP_CHOWN alone and without a network."""

from __future__ import annotations

from pathlib import Path

import typer

from decalogo.setup.once import make_secrets, own_artifacts


def run(root: Path, artifacts: Path | None, tls_names: list[str]) -> None:
    """Make what is missing and say what was made: names only, never contents."""
    made = make_secrets(root, tls_names=tls_names)
    for name in made:
        typer.echo(f"made {name}")
    if artifacts is not None and own_artifacts(artifacts):
        typer.echo(f"gave {artifacts} to the services")
    if not made:
        typer.echo("every secret was there already; nothing changed")
