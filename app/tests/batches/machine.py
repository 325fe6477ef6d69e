"""State machine (Hypothesis) that makes the same calls to the ledger and to its plain Python model."""

from __future__ import annotations

from collections import Counter

import pytest
import redis
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from decalogo.batches.claims import Claim
from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.queues import HIGH, LARGE, LOW, NORMAL, SCANS, SLOW, SUSPECT, WORK_QUEUES
from decalogo.batches.snapshot import take_snapshot
from decalogo.batches.states import DocumentState, Handling, NewDocument, Options, Priority
from decalogo.connections import connect
from decalogo.errors import BodyError, KeyUsedError
from decalogo.settings import RedisSettings, Settings
from tests.batches.model import PROCESSES, Entry, Model

RESULTS = st.sampled_from([DocumentState.SUCCEEDED, DocumentState.FAILED, DocumentState.PARTIAL])
QUEUES = st.sampled_from(
    [WORK_QUEUES, WORK_QUEUES, (SUSPECT,), (SLOW,), (HIGH, LOW), (NORMAL,), (LARGE,), (LARGE, SCANS, NORMAL)]
)
TENANTS = "abc"


class LedgerMachine(RuleBasedStateMachine):
    """Every call that the API, a worker, a late worker, Celery or recovery can make."""

    redis_settings: RedisSettings
    documents = Bundle("documents")
    claims = Bundle("claims")

    @initialize(claims=st.integers(0, 9))
    def start(self, claims: int) -> None:
        with redis.Redis(port=self.redis_settings.port) as client:
            client.flushall()
        self.settings = Settings(redis=self.redis_settings)
        self.ledger: Ledger = open_ledger(self.settings)
        self.client = connect(self.redis_settings, self.settings.redis.ledger_db)
        self.model = Model()
        self.records: dict[str, tuple[str, int]] = {}  # batch, and place of the first document in it
        self.batches = 0
        self.tasks = 0
        self.ledger.renew("worker@test", [], large_processes=PROCESSES)
        self.model.claims = claims
        self.client.hset("round-robin", "claims", claims)

    @rule(
        target=documents,
        large=st.lists(st.booleans(), min_size=1, max_size=3),
        tenant=st.sampled_from(TENANTS),
        priority=st.sampled_from(Priority),
        key=st.sampled_from(["", "", "idempotency:a"]),
    )
    def admit(self, large: list[bool], tenant: str, priority: Priority, key: str) -> object:
        self.batches += 1
        job_id = f"batch_{self.batches}"
        names = [f"doc_{self.batches}_{n}" for n in range(len(large))]
        documents = [NewDocument(name, "x", "", "00", 1, big) for name, big in zip(names, large, strict=True)]
        options, handling = Options(priority=priority), Handling("", key, "mark")
        if key in self.records:
            with pytest.raises(KeyUsedError):
                self.ledger.admit(job_id, tenant, options, documents, handling=handling)
            return multiple()
        self.ledger.admit(job_id, tenant, options, documents, handling=handling)
        if key:
            self.records[key] = job_id, 0
        self.model.admit([Entry(d.document_id, job_id, tenant, priority.value, d.large) for d in documents])
        return names[-1]

    @rule(
        target=documents,
        document=documents,
        large=st.lists(st.booleans(), min_size=1, max_size=3),
        key=st.sampled_from(["", "", "idempotency:a"]),
    )
    def append(self, document: str, large: list[bool], key: str) -> object:
        known = self.model.entries.get(document)
        self.batches += 1
        documents = [NewDocument(f"doc_{self.batches}_{n}", "x", "", "00", 1, big) for n, big in enumerate(large)]
        job_id, tenant, most = (known.job_id, known.tenant, 1000) if known else ("batch_0", "a", 1000)
        handling = Handling("", key, "mark")
        if known is None:
            with pytest.raises(BodyError):
                self.ledger.append(job_id, tenant, documents, most=most, handling=handling)
            return multiple()
        if key in self.records:
            with pytest.raises(KeyUsedError):
                self.ledger.append(job_id, tenant, documents, most=most, handling=handling)
            return multiple()
        for _ in range(2):  # the second call repeats one whose reply was lost
            self.ledger.append(job_id, tenant, documents, most=most, handling=handling)
        if key:
            self.records[key] = job_id, sum(entry.job_id == job_id for entry in self.model.documents())
        self.model.append([Entry(d.document_id, job_id, tenant, known.priority, d.large) for d in documents])
        return documents[-1].document_id

    @rule()
    def records_expire(self) -> None:
        """A day passes: batches live longer than their idempotency records."""
        for key in self.records:
            self.client.delete(key)
        self.records = {}

    @rule(target=claims, queues=QUEUES)
    def claim(self, queues: tuple[str, ...]) -> object:
        self.tasks += 1
        owner, expected = f"task-{self.tasks}", self.model.next(queues)
        claim = self.ledger.claim(owner, queues)
        assert (claim.document_id if claim else None) == (expected.name if expected else None)
        if claim is None or expected is None:
            return multiple()
        self.model.claim(expected, owner)
        assert (claim.queue, claim.attempt) == (expected.claimed_from, expected.attempts)
        assert (claim.job_id, claim.part_of) == (expected.job_id, expected.parent)
        return owner, claim

    @rule(held=claims)
    def claim_with_the_same_task(self, held: tuple[str, Claim]) -> None:
        """A message that is delivered twice claims no second document while the first is running."""
        owner, claim = held
        entry = self.model.entries.get(claim.document_id)
        if entry and entry.owner == owner:
            assert self.ledger.claim(owner, WORK_QUEUES) is None
            self.model.totals["redelivered"] += 1

    @rule(held=claims, state=RESULTS)
    def finish(self, held: tuple[str, Claim], state: DocumentState) -> None:
        _, claim = held
        entry = self.model.entries.get(claim.document_id)
        if claim.part_of:
            counts = entry is not None and entry.state == "running" and entry.attempts == claim.attempt
            expected = (True, self.model.finish_part(entry)) if counts and entry else (False, "")
            assert self.ledger.finish_part(claim) == expected
        elif entry is None:
            self.model.totals["fenced"] += 1
            assert not self.ledger.finish(claim, state, result_key="results/late")
        elif claim.attempt != entry.split:  # an attempt that split its document has ended
            key = "" if state is DocumentState.FAILED else f"results/{claim.document_id}.{claim.attempt}"
            counts = self.model.finish(entry, claim.attempt, state.value, key)
            assert self.ledger.finish(claim, state, result_key=key) == counts

    @rule(held=claims, lost=st.booleans())
    def release(self, held: tuple[str, Claim], lost: bool) -> None:
        owner, claim = held
        entry = self.model.entries.get(claim.document_id)
        owned = entry is not None and entry.owner == owner
        expected = self.model.release(entry, lost) if owned and entry else ""
        assert self.ledger.release(claim.document_id, owner, "lost" if lost else "returned", "a test") == expected

    @rule(held=claims)
    def refuse(self, held: tuple[str, Claim]) -> None:
        """The document exceeded a limit."""
        owner, claim = held
        entry = self.model.entries.get(claim.document_id)
        owned = entry is not None and entry.owner == owner
        assert self.ledger.owning([owner]) == ({owner} if owned else frozenset())
        expected = self.model.end_without_result(entry, "failed") if owned and entry else ""
        assert self.ledger.refuse(claim.document_id, owner, {"type": "/problems/document-too-large"}) == expected

    @rule(held=consumes(claims))
    def renew(self, held: tuple[str, Claim]) -> None:
        owner, claim = held
        entry = self.model.entries.get(claim.document_id)
        owned = entry is not None and entry.owner == owner
        assert self.ledger.renew("worker@test", [owner], large_processes=PROCESSES) == ([] if owned else [owner])
        assert self.ledger.owned_by(owner) == (claim.document_id if owned else None)

    @rule(held=claims, number=st.integers(1, 3), heavy=st.booleans())
    def split(self, held: tuple[str, Claim], number: int, heavy: bool) -> None:
        _, claim = held
        if claim.part_of:
            return
        entry = self.model.entries.get(claim.document_id)
        repeated = entry is not None and entry.split == claim.attempt
        if repeated and entry:
            number, heavy = entry.split_into  # the reply was lost, and the same call is repeated
        parts = self.ledger.split(claim, [f"pages {n}" for n in range(number)], heavy=heavy)
        if entry is None or claim.attempt != entry.attempts or entry.state != "running":
            assert parts == []
            return
        names = [f"{entry.name}.{claim.attempt}.{n}" for n in range(1, number + 1)]
        if not repeated:
            self.model.split(entry, number, heavy)
        assert [name for name, _ in parts] == names
        assert {queue for _, queue in parts} == {self.model.queue_of(self.model.parts_of(entry.name)[0])}

    @rule(times=st.integers(1, 3), queues=QUEUES)
    def leases_expire(self, times: int, queues: tuple[str, ...]) -> None:
        """Some documents are claimed, and then no worker renews any more."""
        for _ in range(times):
            self.claim(queues)
        running = sorted(self.client.zrange("running", 0, -1))
        expected, now = {}, self.model.now()
        for name in running:
            self.client.zadd("running", {name: 0})
            if entry := self.model.entries.get(name):
                expected[name] = self.model.release(entry, True, now)
        assert self.ledger.expire_leases() == expected

    @rule(document=documents)
    def cancel(self, document: str) -> None:
        entry = self.model.entries.get(document)
        assert self.ledger.cancel([document]) == (entry is not None and self.model.cancel(entry))

    @rule(document=documents)
    def retry(self, document: str) -> None:
        entry = self.model.entries.get(document)
        assert self.ledger.retry([document]) == ([document] if entry and self.model.retry(entry) else [])

    @rule(document=documents)
    def delete(self, document: str) -> None:
        """Delete the batch of a document."""
        entry = self.model.entries.get(document)
        job_id = entry.job_id if entry else "batch_unknown"
        assert set(self.ledger.delete(job_id)) == set(self.model.delete(job_id))
        self.records = {key: of for key, of in self.records.items() if of[0] != job_id}

    @invariant()
    def documents_are_as_in_the_model(self) -> None:
        if not hasattr(self, "model"):
            return
        batches: dict[str, Counter[str]] = {}
        for entry in self.model.documents():
            batches.setdefault(entry.job_id, Counter())[entry.state] += 1
            seen = self.ledger.document(entry.name)
            assert seen is not None
            assert (seen.state, seen.attempts, seen.result_key) == (entry.state, entry.attempts, entry.result)
        for job_id, states in batches.items():
            batch = self.ledger.batch(job_id)
            assert batch is not None
            assert {k: v for k, v in batch.counts.items() if v and k != "total"} == dict(states)
            assert bool(batch.finished_at) == (states["queued"] + states["running"] == 0)
        finished = {job_id for job_id, states in batches.items() if not states["queued"] + states["running"]}
        assert set(self.ledger.finished_before(0)) == finished
        listed = [batch.job_id for tenant in TENANTS for batch in self.ledger.batches(tenant, limit=1000)]
        assert sorted(listed) == sorted(batches)
        assert take_snapshot(self.client, 10.0).open_batches == len(batches) - len(finished)
        dead = {entry.name for entry in self.model.documents() if entry.state == "dead"}
        assert {document.document_id for document in self.ledger.dead()} == dead

    @invariant()
    def queues_and_counters_are_as_in_the_model(self) -> None:
        if not hasattr(self, "model"):
            return
        depths = {name: len(queue) for name, queue in self.model.queues.items() if len(queue)}
        snapshot = take_snapshot(self.client, 10.0)
        assert {queue: depth for queue, depth in snapshot.depths.items() if depth} == depths
        assert {queue: depth for queue, depth in self.ledger.queue_depths().items() if depth} == depths
        assert {queue for queue, seconds in snapshot.oldest_seconds.items() if seconds} <= set(depths)
        assert self.ledger.depth() == sum(depths.values())
        for name, queue in self.model.queues.items():
            assert self.client.zrange(f"round-robin:{name}", 0, -1) == list(queue.tenants)
        assert {name: total for name, total in snapshot.totals.items() if total} == {**+self.model.totals}
        for tenant in TENANTS:
            unfinished = [e for e in self.model.documents() if e.tenant == tenant and e.state in ("queued", "running")]
            assert int(self.client.hget("unfinished", tenant) or 0) == len(unfinished)
        records = {key: self.client.get(key) for key in self.client.scan_iter("idempotency:*")}
        assert records == {key: f"{job_id} mark {first}" for key, (job_id, first) in self.records.items()}
