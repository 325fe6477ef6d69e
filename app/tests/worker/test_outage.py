"""Waits for a disk that does not return."""

from __future__ import annotations

import signal

import pytest
from billiard.exceptions import SoftTimeLimitExceeded

from decalogo.errors import UnavailableError
from decalogo.worker.outage import through_outage


def test_an_outage_past_the_time_limit_loses_the_attempt_and_does_not_blame_the_document() -> None:
    def limit(*_: object) -> None:
        raise SoftTimeLimitExceeded

    def read() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.01)  # it ends the pause after the failed attempt
        raise UnavailableError("The artifact store cannot be read (Input/output error).", retry_after=1)

    before = signal.signal(signal.SIGALRM, limit)
    try:
        with pytest.raises(UnavailableError, match="Input/output error"):
            through_outage(read)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
