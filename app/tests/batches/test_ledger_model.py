"""The ledger against a plain Python model, under any order of moves (hypothesis)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from decalogo.batches.claims import Claim
from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.snapshot import take
from decalogo.batches.states import DocumentState, NewDocument, Options
from decalogo.connections import connect
from decalogo.settings import RedisSettings, Settings

ANSWERS = st.sampled_from([DocumentState.SUCCEEDED, DocumentState.FAILED, DocumentState.PARTIAL])


@dataclass
class Modelled:
    """What the model knows of a document."""

    job_id: str
    state: str = "queued"
    attempts: int = 0
    lost: int = 0
    owner: str = ""
    result: str = ""
    extended: bool = False


class LedgerMachine(RuleBasedStateMachine):
    """Every move a worker, a late worker, Celery or a janitor can make."""

    redis_settings: RedisSettings
    documents = Bundle("documents")
    claims = Bundle("claims")

    @initialize()
    def start(self) -> None:
        with redis.Redis(port=self.redis_settings.port) as client:
            client.flushall()
        self.settings = Settings(redis=self.redis_settings)
        self.ledger: Ledger = open_ledger(self.settings)
        self.model: dict[str, Modelled] = {}
        self.client = connect(self.redis_settings, self.settings.redis.ledger_db)
        self.happened: Counter[str] = Counter()
        self.batches = 0
        self.tasks = 0

    @rule(target=documents, count=st.integers(1, 3))
    def admit(self, count: int) -> str:
        self.batches += 1
        job_id = f"batch_{self.batches}"
        ids = [f"doc_{self.batches}_{n}" for n in range(count)]
        self.ledger.admit(job_id, "t", Options(), [NewDocument(i, "x", "", "00", 1) for i in ids])
        self.model |= {i: Modelled(job_id) for i in ids}
        self.happened.update(batches=1, accepted=count, queued=count)
        return ids[-1]

    @rule(target=claims, document=documents, lane=st.sampled_from(["normal", "suspect"]))
    def claim(self, document: str, lane: str) -> tuple[str, str, Claim | None]:
        self.tasks += 1
        owner, known = f"task-{self.tasks}", self.model[document]
        claim = self.ledger.claim(document, owner, lane)
        assert (claim is not None) == (known.state == "queued" and (known.lost == 0 or lane == "suspect"))
        if claim:
            known.state, known.owner, known.attempts = "running", owner, known.attempts + 1
            assert claim.attempt == known.attempts
            self.happened.update(attempts=1, running=1)
        else:
            self.happened.update(redelivered=1)
        return document, owner, claim

    @rule(held=claims, answer=ANSWERS)
    def finish(self, held: tuple[str, str, Claim | None], answer: DocumentState) -> None:
        document, _, claim = held
        if claim is None:
            return
        known = self.model[document]
        key = f"results/{document}.{claim.attempt}"
        key = "" if answer is DocumentState.FAILED else key
        running = claim.attempt == known.attempts and known.state == "running"
        said = known.result == key != "" or (claim.attempt == known.attempts and known.state == answer and key == "")
        assert self.ledger.finish(claim, answer, result_key=key) == (running or said)
        self.happened.update(fenced=not (running or said))
        if not running or known.result == key != "":
            return
        known.owner = ""
        if answer is DocumentState.FAILED and known.result:
            known.state = "partial"
            self.ended(known)
            return
        known.state, known.result = answer.value, key
        if answer is DocumentState.PARTIAL and not known.extended:
            known.state, known.extended = "queued", True
            self.happened.update({"queued": 1, "requeued:partial": 1})
        else:
            self.ended(known)

    def ended(self, known: Modelled) -> None:
        """Note that a document reached a terminal state, and its batch with it, perhaps."""
        self.happened[known.state] += 1
        same = (other.state for other in self.model.values() if other.job_id == known.job_id)
        self.happened["batches-finished"] += not any(state in ("queued", "running") for state in same)

    @rule(held=claims, lost=st.booleans())
    def release(self, held: tuple[str, str, Claim | None], lost: bool) -> None:
        document, owner, _ = held
        known = self.model[document]
        after = self.ledger.release(document, owner, "lost" if lost else "returned", "a test")
        if known.owner != owner:
            assert after == ""
            return
        known.owner = ""
        known.lost += lost
        given_up = lost and known.lost >= self.settings.queue.max_attempts
        known.state = ("partial" if known.result else "dead") if given_up else "queued"
        assert after == known.state
        self.happened["lost:silence"] += lost
        if known.state == "queued":
            self.happened.update({"queued": 1, f"requeued:{'lost' if lost else 'returned'}": 1})
        else:
            self.ended(known)

    @rule(document=documents)
    def cancel(self, document: str) -> None:
        known = self.model[document]
        waiting = known.state in ("queued", "running")
        assert self.ledger.cancel([document]) == waiting
        if waiting:
            known.state, known.owner = "cancelled", ""
            self.ended(known)

    @rule(document=documents)
    def revive(self, document: str) -> None:
        known = self.model[document]
        ended = known.state in ("failed", "dead", "cancelled", "partial")
        assert self.ledger.revive([document]) == ([document] if ended else [])
        if ended:
            known.state, known.lost, known.extended = "queued", 0, False
            self.happened.update({"queued": 1, "requeued:retried": 1})

    @rule(held=consumes(claims))
    def renew(self, held: tuple[str, str, Claim | None]) -> None:
        document, owner, _ = held
        mine = self.model[document].owner == owner
        assert self.ledger.renew("worker@test", [(document, owner)]) == ([] if mine else [document])

    @invariant()
    def counters_say_what_the_documents_say(self) -> None:
        if not hasattr(self, "model"):
            return
        by_batch: dict[str, Counter[str]] = {}
        for name, known in self.model.items():
            by_batch.setdefault(known.job_id, Counter())[known.state] += 1
            seen = self.ledger.document(name)
            assert seen is not None
            assert (seen.state, seen.attempts, seen.result_key) == (known.state, known.attempts, known.result)
        for job_id, counted in by_batch.items():
            batch = self.ledger.batch(job_id)
            assert batch is not None
            assert {k: v for k, v in batch.counts.items() if v and k != "total"} == dict(counted)
            assert bool(batch.finished_at) == (counted["queued"] + counted["running"] == 0)
        finished = {job_id for job_id, c in by_batch.items() if not c["queued"] + c["running"]}
        assert set(self.ledger.finished_before(0)) == finished
        dead = {name for name, known in self.model.items() if known.state == "dead"}
        assert {d.document_id for d in self.ledger.dead()} == dead
        queued = [known for known in self.model.values() if known.state == "queued"]
        assert self.ledger.depth() == len(queued)
        seen_now = take(self.client, 10.0)
        lanes = Counter("suspect" if k.lost else "slow" if k.extended else "normal" for k in queued)
        assert {lane: count for lane, count in seen_now.waiting.items() if count} == dict(lanes)
        assert {lane for lane, seconds in seen_now.oldest_seconds.items() if seconds} <= set(lanes)
        assert {name: count for name, count in seen_now.totals.items() if count} == {**+self.happened}
        assert seen_now.open_batches == len(by_batch) - len(finished)


@pytest.mark.timeout(300)
def test_any_order_of_moves_agrees_with_the_model(redis_settings: RedisSettings) -> None:
    LedgerMachine.redis_settings = redis_settings
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
