"""The janitor against a Redis that is slow to answer."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import pytest

from decalogo.batches.ledger import open_ledger
from decalogo.batches.states import NewDocument, Options
from decalogo.connections import connect
from decalogo.queue import janitor as module
from decalogo.queue.janitor import Janitor
from decalogo.settings import Settings


def test_one_slow_answer_does_not_put_the_next_look_off_for_long(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = open_ledger(settings)
    broker = connect(settings.redis, settings.redis.broker_db)
    published: list[tuple[str, str]] = []

    def publish(documents: Iterable[tuple[str, str]]) -> None:
        published.extend(documents)

    ledger.admit("batch_1", "t", Options(), [NewDocument("doc_1", "x", "", "00", 1)])
    janitor = Janitor(ledger, broker, publish, settings.queue)
    clock = time.monotonic
    late = 0.0
    monkeypatch.setattr(module.time, "monotonic", lambda: clock() + late)
    stale = ledger.stale

    def frozen(*arguments: Any) -> Any:  # Redis answers, ten seconds later
        nonlocal late
        late += 10.0
        return stale(*arguments)

    monkeypatch.setattr(ledger, "stale", frozen)
    janitor.run_pass()
    monkeypatch.setattr(ledger, "stale", stale)
    assert published == []  # still within its grace
    late += module._COMPARE_LATEST_SECONDS
    deadline = clock() + 10
    while not published:
        assert clock() < deadline
        janitor.run_pass()
        time.sleep(0.05)
    assert published == [("doc_1", "normal")]
