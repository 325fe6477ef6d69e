"""``decalogo token …``: make, list and revoke access tokens."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from decalogo.access.tokens import Tier, Token, TokenStore
from decalogo.connections import connect
from decalogo.settings import get_settings


def create(name: str, tier: str, days: float, tenant: str) -> None:
    """Print a new token alone on standard output: it cannot be shown again."""
    print(_store().create(name, Tier(tier), days=days, tenant=tenant))


def show_all() -> None:
    """Print a table of every token, revoked and expired ones included."""
    table = Table("id", "name", "tenant", "tier", "scopes", "created", "expires", "state")
    for token in _store().list():
        table.add_row(
            token.token_id,
            token.name,
            token.tenant,
            token.tier,
            " ".join(sorted(token.scopes)),
            _day(token.created),
            _day(token.expires) if token.expires else "never",
            _state(token),
        )
    # A pipe has no width of its own: without one, rich would cut ids short at 80 columns.
    console = Console()
    Console(width=None if console.is_terminal else 200).print(table)


def revoke(token_id: str) -> None:
    """Make a token useless at once and for ever."""
    token = _store().revoke(token_id)
    print(f"Token {token_id} ({token.name}) is revoked.")


def _store() -> TokenStore:
    settings = get_settings()
    return TokenStore(connect(settings.redis, settings.redis.ledger_db))


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _state(token: Token) -> str:
    if token.revoked:
        return "revoked"
    return "usable" if token.usable(time.time()) else "expired"
