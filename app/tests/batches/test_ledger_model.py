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
    multiple,
    rule,
    run_state_machine_as_test,
)

from decalogo.batches.claims import Claim
from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.snapshot import take
from decalogo.batches.states import DocumentState, Handling, NewDocument, Options
from decalogo.connections import connect
from decalogo.errors import KeyUsedError
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
    split: int = 0
    cut: tuple[int, bool] = (0, False)
    suspect: bool = False


@dataclass
class ModelledPart:
    """What the model knows of a part that is not done."""

    document: str
    heavy: bool
    extended: bool
    state: str = "queued"
    attempts: int = 0
    lost: int = 0
    owner: str = ""


class LedgerMachine(RuleBasedStateMachine):
    """Every move a worker, a late worker, Celery or a janitor can make."""

    redis_settings: RedisSettings
    documents = Bundle("documents")
    claims = Bundle("claims")
    parts = Bundle("parts")
    part_claims = Bundle("part_claims")

    @initialize()
    def start(self) -> None:
        with redis.Redis(port=self.redis_settings.port) as client:
            client.flushall()
        self.settings = Settings(redis=self.redis_settings)
        self.ledger: Ledger = open_ledger(self.settings)
        self.model: dict[str, Modelled] = {}
        self.alive: dict[str, ModelledPart] = {}
        self.client = connect(self.redis_settings, self.settings.redis.ledger_db)
        self.happened: Counter[str] = Counter()
        self.records: dict[str, str] = {}
        self.batches = 0
        self.tasks = 0

    @rule(target=documents, count=st.integers(1, 3), key=st.sampled_from(["", "idempotency:a"]))
    def admit(self, count: int, key: str) -> object:
        self.batches += 1
        job_id = f"batch_{self.batches}"
        ids = [f"doc_{self.batches}_{n}" for n in range(count)]
        documents, handling = [NewDocument(i, "x", "", "00", 1) for i in ids], Handling("", key, "mark")
        if key in self.records:
            with pytest.raises(KeyUsedError):
                self.ledger.admit(job_id, "t", Options(), documents, handling=handling)
            return multiple()
        self.ledger.admit(job_id, "t", Options(), documents, handling=handling)
        if key:
            self.records[key] = job_id
        self.model |= {i: Modelled(job_id) for i in ids}
        self.happened.update(batches=1, accepted=count, queued=count)
        return ids[-1]

    @rule()
    def end_the_records(self) -> None:
        """A day passes: batches live longer than what makes sending them again harmless."""
        for key in self.records:
            self.client.delete(key)
        self.records = {}

    @rule(document=documents)
    def forget(self, document: str) -> None:
        """The whole batch of a document goes."""
        job_id = self.model[document].job_id
        batch = {name: known for name, known in self.model.items() if known.job_id == job_id and known.state != "gone"}
        removed = self.ledger.forget(job_id)
        assert {name: result for name, result, _ in removed} == {name: known.result for name, known in batch.items()}
        for name, known in batch.items():
            known.state, known.owner, known.result = "gone", "", ""
            self.drop_parts(name)
        self.records = {key: of for key, of in self.records.items() if of != job_id}

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
        if claim.attempt == known.split:
            return  # who cut a document has ended its attempt
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
        after = self.ledger.release(document, owner, "lost" if lost else "returned", "a test")
        assert after == (self.given_back(document, lost) if self.model[document].owner == owner else "")

    def given_back(self, document: str, lost: bool) -> str:
        """Note that an attempt ended without an answer; returns the document's new state."""
        known = self.model[document]
        known.owner = ""
        known.lost += lost
        given_up = lost and known.lost >= self.settings.queue.max_attempts
        known.state = ("partial" if known.result else "dead") if given_up else "queued"
        self.happened["lost:silence"] += lost
        if known.state == "queued":
            self.happened.update({"queued": 1, f"requeued:{'lost' if lost else 'returned'}": 1})
        else:
            self.ended(known)
        return known.state

    @rule(name=parts, times=st.integers(1, 3))
    def expire(self, name: str, times: int) -> None:
        """Nothing is heard any more of whatever runs, a part and all its siblings among it."""
        for _ in range(times):
            for sibling in self.parts_of(name.partition(".")[0]):
                self.claim_part(sibling, "suspect")
            self.leases_end()

    def leases_end(self) -> None:
        """Let the janitor take back whatever runs."""
        running = sorted(self.client.zrange("running", 0, -1))
        expected = {}
        for name in running:
            self.client.zadd("running", {name: 0})
            if name in self.model:
                expected[name] = self.given_back(name, True)
            elif name in self.alive:
                expected[name] = self.part_given_back(name, True)
        assert self.ledger.expire() == expected

    @rule(document=documents)
    def cancel(self, document: str) -> None:
        known = self.model[document]
        waiting = known.state in ("queued", "running")
        assert self.ledger.cancel([document]) == waiting
        if waiting:
            known.state, known.owner = "cancelled", ""
            self.drop_parts(document)
            self.ended(known)

    @rule(document=documents)
    def revive(self, document: str) -> None:
        known = self.model[document]
        ended = known.state in ("failed", "dead", "cancelled", "partial")
        assert self.ledger.revive([document]) == ([document] if ended else [])
        if ended:
            known.state, known.lost, known.extended, known.split, known.suspect = "queued", 0, False, 0, False
            self.happened.update({"queued": 1, "requeued:retried": 1})

    @rule(held=consumes(claims))
    def renew(self, held: tuple[str, str, Claim | None]) -> None:
        document, owner, _ = held
        mine = self.model[document].owner == owner
        assert self.ledger.renew("worker@test", [owner]) == ([] if mine else [owner])

    @rule(target=parts, held=claims, count=st.integers(1, 3), heavy=st.booleans())
    def cut(self, held: tuple[str, str, Claim | None], count: int, heavy: bool) -> object:
        document, _, claim = held
        if claim is None:
            return multiple()
        known = self.model[document]
        repeated = known.split == claim.attempt
        if repeated:
            count, heavy = known.cut  # a call whose answer was lost, made again
        said = self.ledger.split(claim, [f"pages {n}" for n in range(count)], heavy=heavy)
        if claim.attempt != known.attempts or known.state != "running":
            assert said == []
            return multiple()
        names = [f"{document}.{claim.attempt}.{n}" for n in range(1, count + 1)]
        assert [name for name, _ in said] == names
        if not repeated:
            known.owner, known.split, known.cut = "", claim.attempt, (count, heavy)
            self.alive |= {name: ModelledPart(document, heavy, known.extended) for name in names}
            assert {lane for _, lane in said} == {self.lane_of(names[0])}
        return multiple(*names)

    def lane_of(self, name: str) -> str:
        """Return the lane that a part waits in."""
        part = self.alive[name]
        if part.lost or self.model[part.document].suspect:
            return "suspect"
        return "slow" if part.extended else "scans" if part.heavy else "normal"

    def parts_of(self, document: str) -> list[str]:
        """Return the parts of a document that are not done."""
        return [name for name, part in self.alive.items() if part.document == document]

    @rule(document=documents, count=st.integers(1, 3), answer=ANSWERS, again=st.booleans())
    def read_in_parts(self, document: str, count: int, answer: DocumentState, again: bool) -> None:
        """All the moves from a cut to an answer, and perhaps a retry: drawn one by one they seldom get so far."""
        self.cut(self.claim(document, "suspect"), count, False)
        for name in self.parts_of(document):
            self.part_done(self.claim_part(name, "suspect"))
        self.finish(self.claim(document, "suspect"), answer)
        if again:
            self.revive(document)

    def drop_parts(self, document: str) -> None:
        """Forget the parts of a document that ended without them."""
        self.alive = {name: part for name, part in self.alive.items() if part.document != document}
        self.model[document].suspect = False

    @rule(target=part_claims, name=parts, lane=st.sampled_from(["normal", "suspect"]))
    def claim_part(self, name: str, lane: str) -> tuple[str, str, Claim | None]:
        self.tasks += 1
        owner, part = f"task-{self.tasks}", self.alive.get(name)
        claim = self.ledger.claim(name, owner, lane)
        free = part is not None and part.state == "queued" and (lane == "suspect" or self.lane_of(name) != "suspect")
        assert (claim is not None) == free
        if claim and part:
            part.state, part.owner, part.attempts = "running", owner, part.attempts + 1
            assert (claim.attempt, claim.part_of) == (part.attempts, part.document)
        else:
            self.happened.update(redelivered=1)
        return name, owner, claim

    @rule(held=part_claims)
    def part_done(self, held: tuple[str, str, Claim | None]) -> None:
        name, _, claim = held
        if claim is None:
            return
        part = self.alive.get(name)
        counts = part is not None and part.state == "running" and part.attempts == claim.attempt
        done = self.ledger.part_done(claim)
        if not counts or part is None:
            assert done == (False, "")
            return
        del self.alive[name]
        known = self.model[part.document]
        if any(other.document == part.document for other in self.alive.values()):
            assert done == (True, "")
            return
        known.state = "queued"  # joined: whoever claims it puts it together
        assert done == (True, "suspect" if known.lost else "slow" if known.extended else "normal")
        self.happened.update({"queued": 1, "requeued:parts": 1})

    @rule(held=part_claims, lost=st.booleans())
    def release_part(self, held: tuple[str, str, Claim | None], lost: bool) -> None:
        name, owner, _ = held
        part = self.alive.get(name)
        after = self.ledger.release(name, owner, "lost" if lost else "returned", "a test")
        assert after == (self.part_given_back(name, lost) if part and part.owner == owner else "")

    def part_given_back(self, name: str, lost: bool) -> str:
        """Note that an attempt at a part ended without an answer; returns what became of it, or of its document."""
        part = self.alive[name]
        part.state, part.owner, part.lost = "queued", "", part.lost + lost
        known = self.model[part.document]
        self.happened["lost:silence"] += lost
        if lost and part.lost >= self.settings.queue.max_attempts:
            self.drop_parts(part.document)
            known.state = "partial" if known.result else "dead"
            self.ended(known)
            return known.state
        known.suspect = known.suspect or lost
        return "queued"

    @invariant()
    def counters_say_what_the_documents_say(self) -> None:
        if not hasattr(self, "model"):
            return
        by_batch: dict[str, Counter[str]] = {}
        for name, known in self.model.items():
            seen = self.ledger.document(name)
            if known.state == "gone":
                assert seen is None
                continue
            by_batch.setdefault(known.job_id, Counter())[known.state] += 1
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
        parts = [name for name, part in self.alive.items() if part.state == "queued"]
        assert self.ledger.depth() == len(queued) + len(parts)
        seen_now = take(self.client, 10.0)
        lanes = Counter("suspect" if k.lost else "slow" if k.extended else "normal" for k in queued)
        lanes.update(self.lane_of(name) for name in parts)
        assert {lane: count for lane, count in seen_now.waiting.items() if count} == dict(lanes)
        assert {lane for lane, seconds in seen_now.oldest_seconds.items() if seconds} <= set(lanes)
        assert {name: count for name, count in seen_now.totals.items() if count} == {**+self.happened}
        assert seen_now.open_batches == len(by_batch) - len(finished)
        assert {batch.job_id for batch in self.ledger.batches("t", limit=1000)} == set(by_batch)
        waiting = [known for known in self.model.values() if known.state in ("queued", "running")]
        assert int(self.client.hget("unfinished", "t") or 0) == len(waiting)
        records = {key: self.client.get(key) for key in self.client.scan_iter("idempotency:*")}
        assert records == {key: f"{job_id} mark" for key, job_id in self.records.items()}


@pytest.mark.timeout(300)
def test_any_order_of_moves_agrees_with_the_model(redis_settings: RedisSettings) -> None:
    LedgerMachine.redis_settings = redis_settings
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
