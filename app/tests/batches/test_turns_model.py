"""Whose turn it is, against a plain Python model of lanes, tenants and slots, under any order of moves (hypothesis)."""

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
from decalogo.batches.queues import WORK
from decalogo.batches.snapshot import take
from decalogo.batches.states import DocumentState, NewDocument, Options, Priority
from decalogo.connections import connect
from decalogo.settings import RedisSettings, Settings

SLOTS = 4
ANSWERS = st.sampled_from([DocumentState.SUCCEEDED, DocumentState.FAILED, DocumentState.PARTIAL])


@dataclass
class Modelled:
    """What the model knows of a document."""

    job_id: str
    tenant: str = "t"
    priority: str = "normal"
    large: bool = False
    state: str = "queued"
    attempts: int = 0
    lost: int = 0
    owner: str = ""
    result: str = ""
    extended: bool = False
    claimed_in: str = ""

    @property
    def lane(self) -> str:
        """Where it waits while it is queued."""
        if self.lost:
            return "suspect"
        if self.extended:
            return "slow"
        return "large" if self.large and self.priority != "high" else self.priority


class Lines:
    """Who waits behind whom: lane to tenants by turn, each with its documents in order."""

    def __init__(self) -> None:
        self.lanes: dict[str, dict[str, list[str]]] = {}

    def line_up(self, name: str, known: Modelled) -> None:
        self.lanes.setdefault(known.lane, {}).setdefault(known.tenant, []).append(name)

    def step_out(self, name: str, lane: str, tenant: str) -> None:
        tenants = self.lanes[lane]
        tenants[tenant].remove(name)
        if not tenants[tenant]:
            del tenants[tenant]

    def first(self, lane: str) -> str | None:
        """Return whose turn it is, and end that turn."""
        tenants = self.lanes.get(lane) or {}
        if not tenants:
            return None
        tenant = next(iter(tenants))
        tenants[tenant] = tenants.pop(tenant)
        return tenants[tenant][0]


class TurnsMachine(RuleBasedStateMachine):
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
        self.lines = Lines()
        self.batches = 0
        self.tasks = 0
        self.turns = 0
        self.ledger.renew("worker@test", [], slots=SLOTS)

    @rule(
        target=documents,
        large=st.lists(st.booleans(), min_size=1, max_size=3),
        tenant=st.sampled_from("abc"),
        priority=st.sampled_from(Priority),
    )
    def admit(self, large: list[bool], tenant: str, priority: Priority) -> str:
        self.batches += 1
        job_id, count = f"batch_{self.batches}", len(large)
        ids = [f"doc_{self.batches}_{n}" for n in range(count)]
        documents = [NewDocument(i, "x", "", "00", 1, big) for i, big in zip(ids, large, strict=True)]
        self.ledger.admit(job_id, tenant, Options(priority=priority), documents)
        for name, big in zip(ids, large, strict=True):
            self.model[name] = Modelled(job_id, tenant, priority.value, big)
            self.lines.line_up(name, self.model[name])
        self.happened.update(batches=1, accepted=count, queued=count)
        return ids[-1]

    @rule(target=claims, document=documents, lane=st.sampled_from(["normal", "suspect"]))
    def claim(self, document: str, lane: str) -> tuple[str, str, Claim | None]:
        self.tasks += 1
        owner, known = f"task-{self.tasks}", self.model[document]
        claim = self.ledger.claim(document, owner, lane)
        assert (claim is not None) == (known.state == "queued" and (known.lost == 0 or lane == "suspect"))
        self.claimed(document if claim else None, owner, claim)
        return document, owner, claim

    @rule(target=claims, lane=st.sampled_from(["normal", "suspect", "slow"]))
    def claim_by_turn(self, lane: str) -> tuple[str, str, Claim | None]:
        self.tasks += 1
        owner, expected = f"task-{self.tasks}", self.whose_turn(lane)
        claim = self.ledger.claim(None, owner, lane)
        assert (claim.document_id if claim else None) == expected
        self.turns += claim is not None
        self.claimed(expected, owner, claim)
        return expected or "none", owner, claim

    def whose_turn(self, lane: str) -> str | None:
        if lane != "normal":
            return self.lines.first(lane)
        favoured = {2: "large", 9: "low"}.get(self.turns % 10)
        order = sorted(WORK, key=lambda name: name != favoured)
        small = any(self.lines.lanes.get(name) for name in ("high", "normal", "low"))
        running = sum(known.state == "running" and known.claimed_in == "large" for known in self.model.values())
        if small and running >= SLOTS // 2:
            order.remove("large")
        return next((name for lane in order if (name := self.lines.first(lane))), None)

    def claimed(self, document: str | None, owner: str, claim: Claim | None) -> None:
        """Note that a document runs, or that nothing was there to claim."""
        if claim is None or document is None:
            self.happened.update(redelivered=1)
            return
        known = self.model[document]
        assert (claim.lane, claim.job_id) == (known.lane, known.job_id)
        self.lines.step_out(document, known.lane, known.tenant)
        known.state, known.owner, known.attempts = "running", owner, known.attempts + 1
        known.claimed_in = known.lane
        assert claim.attempt == known.attempts
        self.happened.update(attempts=1, running=1)

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
            self.lines.line_up(document, known)
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
        document, owner, claim = held
        if claim is None:
            return
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
            self.lines.line_up(document, known)
            self.happened.update({"queued": 1, f"requeued:{'lost' if lost else 'returned'}": 1})
        else:
            self.ended(known)

    @rule(document=documents)
    def cancel(self, document: str) -> None:
        known = self.model[document]
        waiting = known.state in ("queued", "running")
        assert self.ledger.cancel([document]) == waiting
        if known.state == "queued":
            self.lines.step_out(document, known.lane, known.tenant)
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
            self.lines.line_up(document, known)
            self.happened.update({"queued": 1, "requeued:retried": 1})

    @rule(held=consumes(claims))
    def renew(self, held: tuple[str, str, Claim | None]) -> None:
        document, owner, claim = held
        mine = claim is not None and self.model[document].owner == owner
        assert self.ledger.renew("worker@test", [owner], slots=SLOTS) == ([] if mine else [owner])
        assert self.ledger.held_by(owner) == (document if mine else None)

    @rule()
    def lose_the_lines(self) -> None:
        """As an earlier version or a restored backup leaves them; they are made anew, the tenants' order apart."""
        for key in [*self.client.scan_iter("line:*"), *self.client.scan_iter("turns:*")]:
            self.client.delete(key)
        self.ledger.survey()
        for lane, tenants in self.lines.lanes.items():
            order = self.client.zrange(f"turns:{lane}", 0, -1)
            assert sorted(order) == sorted(tenants)
            self.lines.lanes[lane] = {tenant: tenants[tenant] for tenant in order}

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
        lanes = Counter(known.lane for known in queued)
        assert {lane: count for lane, count in self.ledger.survey().items() if count} == dict(lanes)
        assert {lane: count for lane, count in seen_now.waiting.items() if count} == dict(lanes)
        assert {lane for lane, seconds in seen_now.oldest_seconds.items() if seconds} <= set(lanes)
        assert {name: count for name, count in seen_now.totals.items() if count} == {**+self.happened}
        assert seen_now.open_batches == len(by_batch) - len(finished)


@pytest.mark.timeout(300)
def test_any_order_of_moves_gives_everybody_their_turn(redis_settings: RedisSettings) -> None:
    TurnsMachine.redis_settings = redis_settings
    run_state_machine_as_test(
        TurnsMachine,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
