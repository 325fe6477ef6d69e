"""``decalogo token …``: make, list, show, rotate and revoke access tokens."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

import typer
from rich.console import Console
from rich.table import Table

from decalogo.access.tokens import SUBMITTER, Scope, Tier, Token, TokenStore
from decalogo.cli.error_messages import errors_reported
from decalogo.connections import connect
from decalogo.settings import get_settings

_Choice = TypeVar("_Choice", bound=StrEnum)


@errors_reported()
def create(name: str, tier: str, days: float, tenant: str, scopes: list[str]) -> None:
    """Print a new token alone on standard output: it cannot be shown again."""
    wanted = {_one_of(Scope, "--scope", scope) for scope in scopes} or SUBMITTER
    print(_store().create(name, _one_of(Tier, "--tier", tier), days=days, tenant=tenant, scopes=wanted))


@errors_reported()
def rotate(token_id: str) -> None:
    """Print the token with its new secret alone on standard output; the old secret is useless at once."""
    print(_store().rotate(token_id))


@errors_reported()
def show(token_id: str) -> None:
    """Print all that is known of one token, a line each."""
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


@errors_reported()
def show_all() -> None:
    """Print a table of every token, revoked and expired ones included."""
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
    # A pipe has no width of its own: without one, rich would cut ids short at 80 columns.
    console = Console()
    Console(width=None if console.is_terminal else 200).print(table)


@errors_reported()
def revoke(token_id: str) -> None:
    """Make a token useless at once and for ever."""
    token = _store().revoke(token_id)
    print(f"Token {token_id} ({token.name}) is revoked.")


def _one_of(kind: type[_Choice], option: str, value: str) -> _Choice:
    try:
        return kind(value)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {value} is none of {', '.join(kind)}") from error


def _store() -> TokenStore:
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
