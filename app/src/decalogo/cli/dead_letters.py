"""``decalogo dead …``: documents that were given up, for operators."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from decalogo.cli.error_messages import errors_reported
from decalogo.errors import NotFoundError

if TYPE_CHECKING:
    from decalogo.batches.ledger import Ledger

app = typer.Typer(no_args_is_help=True, help="List, look at, retry and drop dead letters.")

Id = Annotated[str, typer.Argument(help="A document's id, or `all`.")]


@app.command("list")
@errors_reported()
def list_() -> None:
    """Print one line a dead letter, newest first: id, batch, attempts, size, file name, last reason."""
    for document in _ledger().dead(limit=10_000):
        reason = (document.problem or {}).get("reason", "")
        fields = (document.document_id, document.job_id, document.attempts, document.size, document.filename, reason)
        typer.echo("\t".join(str(field) for field in fields))


@app.command()
@errors_reported()
def show(document_id: Annotated[str, typer.Argument(help="A document's id.")]) -> None:
    """Print all that is known of one dead letter, as JSON."""
    from dataclasses import asdict

    document = _ledger().document(document_id)
    if document is None:
        raise NotFoundError(f"there is no document {document_id}")
    typer.echo(json.dumps(asdict(document), indent=2, ensure_ascii=False))


@app.command()
@errors_reported()
def retry(document_id: Id) -> None:
    """Queue dead letters again; their lost attempts are forgiven."""
    revived = _ledger().revive(_chosen(document_id))
    typer.echo(f"{len(revived)} queued again")


@app.command()
@errors_reported()
def drop(document_id: Id) -> None:
    """Strike dead letters off this list for good; they stay in their batches as dead, with their reason."""
    typer.echo(f"{_ledger().drop(_chosen(document_id))} dropped")


def _ledger() -> Ledger:
    from decalogo.batches.ledger import open_ledger
    from decalogo.settings import get_settings

    return open_ledger(get_settings())


def _chosen(document_id: str) -> list[str]:
    dead = [d.document_id for d in _ledger().dead(limit=10_000)]
    if document_id == "all":
        return dead
    if document_id not in dead:
        raise NotFoundError(f"{document_id} is not a dead letter")
    return [document_id]
