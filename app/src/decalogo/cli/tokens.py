"""``decalogo token …``: create, list, show, rotate and revoke access tokens."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from decalogo.cli.audit import record
from decalogo.cli.error_messages import errors_reported

if TYPE_CHECKING:
    from decalogo.access.tokens import Token, TokenStore

app = typer.Typer(no_args_is_help=True, help="Create, list, show, rotate and revoke access tokens.")

TokenId = Annotated[str, typer.Argument(help="Id of the token: its middle part.")]
_Choice = TypeVar("_Choice", bound=StrEnum)


@app.command()
@errors_reported()
def create(
    name: Annotated[str, typer.Argument(help="Purpose of the token.")],
    tier: Annotated[str, typer.Option(help="standard or premium")] = "standard",
    days: Annotated[float, typer.Option(help="Days until it expires.", min=0.0001)] = 365.0,
    tenant: Annotated[str, typer.Option(help="Owner of its batches; default: the name.")] = "",
    scope: Annotated[
        list[str] | None, typer.Option(help="submit, read, operate or review; repeatable; default: submit and read.")
    ] = None,
) -> None:
    """Print a new token, alone on standard output; it cannot be shown again."""
    from decalogo.access.tokens import SUBMITTER, Scope, Tier

    scopes = {_one_of(Scope, "--scope", each) for each in scope or []} or SUBMITTER
    kind = _one_of(Tier, "--tier", tier)
    record("token.create", name=name, tier=kind.value, scopes=sorted(scopes))
    print(_store().create(name, kind, days=days, tenant=tenant, scopes=scopes))


@app.command()
@errors_reported()
def rotate(token_id: TokenId) -> None:
    """Give a token a new secret and print it, alone on standard output; the old secret is invalid immediately."""
    store = _store()
    _warn_of_admin_token(store.show(token_id))
    record("token.rotate", of=token_id)
    print(store.rotate(token_id))


@app.command()
@errors_reported()
def show(token_id: TokenId) -> None:
    """Show the properties of one token, without its secret."""
    token = _store().show(token_id)
    fields = {
        "id": token.token_id,
        "name": token.name,
        "tenant": token.tenant,
        "tier": token.tier.value,
        "scopes": " ".join(sorted(token.scopes)),
        "created": _moment(token.created),
        "expires": _moment(token.expires) if token.expires else "never",
        "last used": _moment(token.last_used) if token.last_used else "never",
        "state": _state(token),
    }
    print("\n".join(f"{name + ':':<11}{value}" for name, value in fields.items()))


@app.command("list")
@errors_reported()
def show_all() -> None:
    """Show every token, including revoked and expired ones, without the secrets."""
    from rich.console import Console
    from rich.table import Table

    table = Table("id", "name", "tenant", "tier", "scopes", "created", "expires", "last used", "state")
    for token in _store().list():
        table.add_row(
            token.token_id,
            token.name,
            token.tenant,
            token.tier,
            " ".join(sorted(token.scopes)),
            _day(token.created),
            _day(token.expires) if token.expires else "never",
            _day(token.last_used) if token.last_used else "never",
            _state(token),
        )
    # A pipe has no width, and rich would truncate ids at 80 columns.
    console = Console()
    Console(width=None if console.is_terminal else 200).print(table)


@app.command()
@errors_reported()
def revoke(token_id: TokenId) -> None:
    """Revoke a token immediately and permanently."""
    store = _store()
    _warn_of_admin_token(store.show(token_id))
    record("token.revoke", of=token_id)
    token = store.revoke(token_id)
    print(f"Token {token_id} ({token.name}) is revoked.")


@app.command("renew-admin", hidden=True)
@errors_reported()
def renew_admin(
    root: Annotated[Path, typer.Option(help="Parent of the services' secret folders.")] = Path("/secrets"),
    groups: Annotated[bool, typer.Option(help="Give the files to the groups of their services.")] = True,
) -> None:
    """Write a new admin token into its files; `adopt-admin` makes it valid."""
    from decalogo.setup.secrets import renew_admin_token

    renew_admin_token(root, set_groups=groups)


@app.command("adopt-admin", hidden=True)
@errors_reported()
def adopt_admin() -> None:
    """Make the admin token in the files valid, and revoke earlier ones."""
    from decalogo.access.tokens import adopt_admin_token
    from decalogo.settings import get_settings

    record("token.adopt-admin")
    for token_id in adopt_admin_token(_store(), get_settings().secrets_dir):
        typer.echo(f"Admin token {token_id} is revoked.", err=True)


def _warn_of_admin_token(token: Token) -> None:
    from decalogo.access.tokens import is_admin_token

    if is_admin_token(token):
        note = "The appliance's own commands use this admin token: ./appliance token admin --new makes another."
        typer.echo(note, err=True)


def _one_of(kind: type[_Choice], option: str, value: str) -> _Choice:
    try:
        return kind(value)
    except ValueError as error:
        raise typer.BadParameter(f"{option} must be one of {', '.join(kind)}, not {value}") from error


def _store() -> TokenStore:
    from decalogo.access.tokens import TokenStore
    from decalogo.connections import connect
    from decalogo.settings import get_settings

    settings = get_settings()
    return TokenStore(connect(settings.redis, settings.redis.ledger_db))


def _moment(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _state(token: Token) -> str:
    if token.revoked:
        return "revoked"
    return "usable" if token.usable(time.time()) else "expired"
