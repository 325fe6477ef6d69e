"""The ledger agrees with a plain Python model in any order of calls (Hypothesis).

This covers queues, round robin among tenants, the share of large documents, fencing, lost attempts, parts, idempotency
records and all counters. The rules here combine calls of ``machine.py`` into sequences that single calls seldom reach.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule, run_state_machine_as_test

from decalogo.batches.claims import Claim
from decalogo.batches.queues import LARGE, NORMAL, SCANS, SLOW, SUSPECT, WORK_QUEUES
from decalogo.batches.states import DocumentState, Priority
from decalogo.settings import RedisSettings
from tests.batches.machine import RESULTS, TENANTS, LedgerMachine


class LedgerScenarios(LedgerMachine):
    """Sequences of calls."""

    @rule(target=LedgerMachine.claims, tenant=st.sampled_from(TENANTS))
    def claim_large_ones_while_small_ones_wait(self, tenant: str) -> object:
        """Large documents reach their share of the processes: single rules seldom do."""
        self.admit([True, True, True, False], tenant, Priority.NORMAL, "")
        claimed = [self.claim(queues) for queues in ((LARGE,), (LARGE,), (LARGE, SCANS, NORMAL), WORK_QUEUES)]
        return multiple(*(held for held in claimed if isinstance(held, tuple)))

    @rule(target=LedgerMachine.claims, held=LedgerMachine.claims, lost=st.booleans(), state=RESULTS)
    def finish_late(self, held: tuple[str, Claim], lost: bool, state: DocumentState) -> object:
        """An attempt ends without a result, another one is claimed, and then the first one finishes after all."""
        self.release(held, lost)
        entry = self.model.entries.get(held[1].document_id)
        again = self.claim((self.model.queue_of(entry),)) if entry and entry.state == "queued" else multiple()
        self.finish(held, state)
        return again

    @rule(held=LedgerMachine.claims, partial=st.booleans(), times=st.integers(1, 3))
    def lose_repeatedly(self, held: tuple[str, Claim], partial: bool, times: int) -> None:
        """Attempts at one document are lost in sequence, perhaps after a partial result."""
        if partial and not held[1].part_of:
            self.finish(held, DocumentState.PARTIAL)
        for _ in range(times):
            entry = self.model.entries.get(held[1].document_id)
            if entry and entry.state == "queued":
                again = self.claim((self.model.queue_of(entry),))
                held = again if isinstance(again, tuple) else held
            self.release(held, True)

    @rule(number=st.integers(1, 3), state=RESULTS, again=st.booleans())
    def read_in_parts(self, number: int, state: DocumentState, again: bool) -> None:
        """Run a document from its split to its result: single rules seldom reach that far."""
        held = self.claim(WORK_QUEUES)
        if not isinstance(held, tuple) or held[1].part_of:
            return
        self.split(held, number, False)
        for _ in range(20 * len(self.model.entries)):
            if not self.model.parts_of(held[1].document_id):
                break
            taken = self.claim((*WORK_QUEUES, SUSPECT, SLOW))
            if isinstance(taken, tuple):
                self.finish(taken, DocumentState.SUCCEEDED)
        for _ in range(20 * len(self.model.entries)):
            taken = self.claim((*WORK_QUEUES, SUSPECT, SLOW))
            if not isinstance(taken, tuple):
                break
            self.finish(taken, state)
        if again:
            self.retry(held[1].document_id)

    @rule(number=st.integers(2, 3), heavy=st.booleans(), times=st.integers(1, 3))
    def lose_a_part_while_others_wait(self, number: int, heavy: bool, times: int) -> None:
        """A part of a document is lost, up to three times, before its siblings are claimed."""
        held = self.claim(WORK_QUEUES)
        if not isinstance(held, tuple) or held[1].part_of:
            return
        self.split(held, number, heavy)
        part = self.claim(WORK_QUEUES)
        if isinstance(part, tuple):
            self.lose_repeatedly(part, False, times)

    @rule(first=st.booleans())
    def reuse_an_idempotency_key(self, first: bool) -> None:
        """A key is used again after its record expired, and one of the two batches is deleted."""
        self.records_expire()
        old = self.admit([False], "a", Priority.LOW, "idempotency:a")
        self.records_expire()
        new = self.admit([False], "a", Priority.LOW, "idempotency:a")
        self.delete(str(old if first else new))


@pytest.mark.timeout(1500)
def test_any_order_of_calls_agrees_with_the_model(redis_settings: RedisSettings) -> None:
    LedgerScenarios.redis_settings = redis_settings
    run_state_machine_as_test(
        LedgerScenarios,
        settings=settings(
            max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
