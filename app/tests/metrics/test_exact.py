"""After 1,000 documents and several kills, the counters agree with the ledger exactly."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from decalogo.batches.ledger import open_ledger
from decalogo.batches.states import BatchState, Document, DocumentState, NewDocument, Options, Priority
from decalogo.ids import new_id
from decalogo.storage.artifacts import ArtifactStore
from tests.faults import faults
from tests.faults.processes import Processes
from tests.metrics.scraping import Scrape, scrape

BATCHES, EACH = 20, 50
KILLS = (faults.kill_child, faults.kill_worker, faults.kill_redis, faults.kill_scheduler, faults.kill_all_workers)
_FINISHED = "decalogo_documents_finished_total"


@pytest.mark.timeout(1500)
def test_counters_agree_with_the_ledger_after_kills(tmp_path: Path) -> None:
    chance = random.Random(20)
    whole = Processes(tmp_path / "whole", metrics=True)
    schedulers = [port for name, port in whole.metrics_ports.items() if name.startswith("scheduler")]
    ledger = open_ledger(whole.settings)
    store = ArtifactStore(whole.settings.storage.path)
    try:
        whole.start_all()
        jobs = []
        for number in range(BATCHES):
            job_id, documents = new_id("batch"), []
            for _ in range(EACH):
                text = "kill" if chance.random() < 0.004 else "damaged" if chance.random() < 0.05 else "sleep 0.01"
                documents.append(NewDocument(new_id("doc"), "x.txt", "", "00", len(text)))
                store.put(f"documents/{documents[-1].document_id}", text.encode())
            ledger.admit(job_id, "t", Options(priority=list(Priority)[number % 3]), documents)
            jobs.append(job_id)
        for kill in KILLS:
            time.sleep(chance.uniform(1, 2))  # let it work between the kills
            kill(whole, chance)
            whole.heal()

        def finished() -> bool:
            whole.heal()
            return all((b := ledger.batch(job)) is not None and b.state is BatchState.FINISHED for job in jobs)

        whole.wait(finished, 300, "every batch finished")
        documents = [document for job in jobs for document in ledger.iterate(job)]
        for port in schedulers:  # one of them was killed and may still be on its way back
            seen: list[Scrape] = []
            whole.wait(lambda port=port, seen=seen: answers(port, seen), 30, "every scheduler answers")  # type: ignore[misc]
            agree(seen[-1], documents)
    finally:
        whole.stop_all()


def answers(port: int, seen: list[Scrape]) -> bool:
    """Return whether a scheduler answers with the figures of the ledger, and keep its answer."""
    try:
        seen.append(scrape(port))
        return seen[-1].get("decalogo_ledger_up") == 1
    except httpx.HTTPError:
        return False


def agree(says: Scrape, documents: list[Document]) -> None:
    states = Counter(document.state for document in documents)
    assert len(documents) == BATCHES * EACH
    assert says.get("decalogo_documents_accepted_total") == len(documents)
    assert says.get("decalogo_batches_accepted_total") == says.get("decalogo_batches_finished_total") == BATCHES
    for state in (DocumentState.SUCCEEDED, DocumentState.FAILED, DocumentState.DEAD, DocumentState.PARTIAL):
        assert says.get(_FINISHED, state=state) == states[state]
    assert says.get("decalogo_dead_letters") == states[DocumentState.DEAD]
    attempts = sum(document.attempts for document in documents)
    assert says.get("decalogo_attempts_total") == attempts
    requeued = says.total("decalogo_documents_requeued_total")
    lost = says.total("decalogo_attempts_lost_total")
    returned = says.get("decalogo_documents_requeued_total", reason="returned")
    # Every attempt ended in one way, and every document but the dead ones was queued again after each lost one.
    assert attempts == states[DocumentState.SUCCEEDED] + states[DocumentState.FAILED] + lost + (returned or 0)
    assert requeued == attempts - len(documents)
    assert lost > 0, "the kills must have cost something"
    for nothing in ("decalogo_documents_running", "decalogo_leases_expired", "decalogo_batches_unfinished"):
        assert says.get(nothing) == 0
    assert says.total("decalogo_queue_documents") == 0
