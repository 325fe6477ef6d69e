"""Version of the ledger's data format: written once, verified at every start."""

from __future__ import annotations

import pytest
import redis

from decalogo.batches.format import FORMAT, check_at_start, check_format
from decalogo.connections import connect
from decalogo.errors import LedgerFormatError
from decalogo.settings import Settings


@pytest.fixture
def client(settings: Settings) -> redis.Redis:
    return connect(settings.redis, settings.redis.ledger_db)


def test_a_new_ledger_gets_the_current_format_and_keeps_it(client: redis.Redis) -> None:
    check_format(client)
    check_format(client)
    assert client.get("ledger:format") == str(FORMAT)


def test_a_ledger_of_another_format_is_rejected_and_not_changed(client: redis.Redis) -> None:
    client.set("ledger:format", FORMAT + 1)
    with pytest.raises(LedgerFormatError, match=f"has data format {FORMAT + 1}; this version reads format {FORMAT}"):
        check_format(client)
    assert client.get("ledger:format") == str(FORMAT + 1)


def test_a_service_starts_while_redis_is_unreachable(settings: Settings) -> None:
    check_at_start(settings.redis.model_copy(update={"port": 1, "socket_timeout_seconds": 0.2}))
