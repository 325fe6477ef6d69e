"""`decalogo setup`: the one-shot service, run as root with the single capability CHOWN and without a network."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from decalogo.setup.folders import lay_out, own_folder
from decalogo.setup.operator_settings import check_operator_variables
from decalogo.setup.secrets import make_secrets


def run(root: Path, artifacts: Path | None, audit: Path | None, tls_names: list[str]) -> None:
    """Check the operator's settings, make the missing secrets, and print the names of the new files.

    Raises:
        SettingsError: a ``DECALOGO_*`` variable is unknown or would have no effect.
    """
    check_operator_variables(os.environ)
    made = make_secrets(root, tls_names=tls_names)
    for name in made:
        typer.echo(f"made {name}")
    if audit and own_folder(audit):
        typer.echo(f"gave {audit} to the API")
    if artifacts and lay_out(artifacts):
        typer.echo(f"gave {artifacts} to the API, and the folders of results in it to the workers")
    if not made:
        typer.echo("every secret exists already; nothing changed")
