"""Waits for a disk that does not return."""

from __future__ import annotations

import pytest
from billiard.exceptions import SoftTimeLimitExceeded

from decalogo.errors import UnavailableError
from decalogo.worker.outage import through_outage


def limit_reached(*_: object) -> None:
    raise SoftTimeLimitExceeded


def test_an_outage_past_the_time_limit_loses_the_attempt_and_does_not_blame_the_document(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read() -> None:
        raise UnavailableError("The artifact store cannot be read (Input/output error).", retry_after=1)

    monkeypatch.setattr("decalogo.worker.outage.time.sleep", limit_reached)
    with pytest.raises(UnavailableError, match="Input/output error"):
        through_outage(read)


def test_the_limit_may_come_while_an_action_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def read() -> None:
        calls.append(len(calls))
        if len(calls) == 1:
            raise UnavailableError("The artifact store cannot be read (Input/output error).", retry_after=1)
        limit_reached()

    monkeypatch.setattr("decalogo.worker.outage.time.sleep", lambda _: None)
    with pytest.raises(UnavailableError, match="Input/output error"):
        through_outage(read)


def test_a_limit_without_an_outage_is_the_documents() -> None:
    with pytest.raises(SoftTimeLimitExceeded):
        through_outage(limit_reached)
