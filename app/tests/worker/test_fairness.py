"""Real workers: no tenant waits for the whole batch of another, and large documents do not block small ones."""

from __future__ import annotations

import itertools

import pytest

from decalogo.batches.states import DocumentState
from tests.worker.conftest import Appliance

pytestmark = pytest.mark.timeout(900)


def test_a_batch_of_five_does_not_wait_for_a_batch_of_a_thousand(appliance: Appliance) -> None:
    thousand, names = appliance.submit(["ok"] * 1000, tenant="large-city")
    five, _ = appliance.submit(["ok"] * 5, tenant="small-town")
    appliance.start("scheduler")
    appliance.start("worker", "--concurrency", "2")
    few = appliance.wait_finished(five, 120)
    many = [document for document in appliance.ledger.iterate(thousand) if document.started_at]
    appliance.ledger.cancel(names)
    last = max(document.started_at for document in few)
    # While a document of the five runs, their tenant has its share of the two processes, and others go first.
    at_share = [(document.started_at, document.finished_at) for document in few]
    before = [
        document
        for document in many
        if document.started_at < last and not any(low < document.started_at < high for low, high in at_share)
    ]
    assert len(before) <= 5
    assert {document.state for document in few} == {DocumentState.SUCCEEDED}


def test_large_documents_occupy_half_of_the_processes_while_small_ones_wait_and_all_of_them_otherwise(
    appliance: Appliance,
) -> None:
    big, _ = appliance.submit(["sleep 2"] * 12, tenant="scans", large=True)
    little, _ = appliance.submit(["sleep 0.05"] * 20, tenant="texts")
    appliance.start("scheduler")
    appliance.start("worker", "--concurrency", "2")
    small, large = appliance.wait_finished(little, 120), appliance.wait_finished(big, 120)
    large.sort(key=lambda document: document.started_at)
    last = max(document.started_at for document in small)
    together = [b for a, b in itertools.pairwise(large) if b.started_at < a.finished_at]
    assert large[0].started_at < last
    assert all(document.started_at > last for document in together)
    assert together
    assert {d.attempts for d in [*small, *large]} == {1}
