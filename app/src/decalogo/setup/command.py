"""`decalogo setup`: the one-shot service, run as root with the single capability CHOWN and without a network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import typer

from decalogo.setup.operator_settings import check_operator_variables
from decalogo.setup.secrets import make_secrets, own_folder


def run(root: Path, folders: Sequence[Path], tls_names: list[str]) -> None:
    """Check the operator's settings, make the missing secrets, and print the names of the new files.

    Raises:
        SettingsError: a ``DECALOGO_*`` variable is unknown or would have no effect.
    """
    check_operator_variables(os.environ)
    made = make_secrets(root, tls_names=tls_names)
    for name in made:
        typer.echo(f"made {name}")
    for folder in folders:
        if own_folder(folder):
            typer.echo(f"gave {folder} to the services")
    if not made:
        typer.echo("every secret exists already; nothing changed")
