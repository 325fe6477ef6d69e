"""``decalogo watch``: submit what is put into a folder, and file it away when it is evaluated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decalogo.cli.client import CaFile, Insecure, TokenFile, TokenText, Url, opened, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from decalogo.client.appliance import Appliance
    from decalogo.client.multipart import FilePart


class _Batches:
    """The client with the default options of a batch."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance
        self.status = appliance.status
        self.save_result = appliance.save_result

    def submit(self, files: list[FilePart], *, key: str) -> dict[str, Any]:
        from decalogo.client.appliance import SubmitOptions

        return self._appliance.submit(files, SubmitOptions(), key=key)

    def documents(self, job_id: str) -> Iterator[dict[str, Any]]:
        return self._appliance.documents(job_id)


def watch(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(help="Folder to watch; also a network share.", exists=True, file_okay=False)
    ],
    settle: Annotated[
        float, typer.Option(help="A file is taken after it has not changed for these seconds.", min=0)
    ] = 30.0,
    interval: Annotated[float, typer.Option(help="Seconds between two looks at the folder.", min=0.1)] = 10.0,
    url: Url = "",
    token: TokenText = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    insecure: Insecure = False,
) -> None:
    """Submit the files that appear in a folder, until stopped; they move to ``done`` or ``failed`` with the reason."""
    from decalogo.client.watch import WatchedFolder
    from decalogo.health import beat
    from decalogo.signals import stop_on_signals

    stop = stop_on_signals()
    with outcome(), opened(ctx, url, token, token_file, ca, insecure, interval) as appliance:
        watched = None
        while not stop.is_set():
            try:
                watched = watched or WatchedFolder(folder, _Batches(appliance), settle_seconds=settle, say=_say)
                watched.turn()
                beat("watch")
            except OSError as error:
                _say(f"the folder cannot be used; the next turn tries again: {error}")
            stop.wait(interval)


def _say(line: str) -> None:
    typer.echo(line, err=True)
