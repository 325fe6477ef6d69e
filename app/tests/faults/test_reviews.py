"""A thousand reviews while API and Redis are killed: none is lost or doubled, and the audit log stays whole."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from decalogo.access.tokens import Scope, Tier, TokenStore
from decalogo.audit.log import AuditLog
from decalogo.batches.states import DocumentState, NewDocument, Options
from decalogo.connections import connect
from decalogo.embedded.instance import free_port
from decalogo.evaluation import evaluate
from decalogo.evaluation.rubric import load_rubric
from decalogo.reviews.journal import Journal
from tests.api.working import PLAN
from tests.claims import claim_document
from tests.faults.processes import Processes

pytestmark = pytest.mark.timeout(900)

DOCUMENTS = tuple(f"doc_{letter * 26}" for letter in "abcd")
EACH = 250
KILLS = ("child", "redis", "api", "child", "redis", "child", "api", "redis")


@dataclass
class Reviewer:
    """Reviews one document, as a client does that knows what a lost answer means.

    Attributes:
        stored: answers whose review was acknowledged, or seen after the acknowledgement was lost.
    """

    url: str
    token: str
    document: str
    answers: list[str]
    stored: list[str] = field(default_factory=list)

    def run(self) -> None:
        with httpx.Client(headers={"Authorization": f"Bearer {self.token}"}, timeout=30, trust_env=False) as client:
            for answer in self.answers:
                while not self.review(client, answer):
                    time.sleep(0.1)
                self.stored.append(answer)

    def review(self, client: httpx.Client, answer: str) -> bool:
        """Store a review; return whether it is known to be stored."""
        path = f"{self.url}/documents/{self.document}/answers/{answer}/review"
        body = {"verdict": "rejected", "comment": f"{self.document} {answer}"}
        try:
            put = client.put(path, json=body, headers={"If-Match": '"0"'})
            if put.status_code == 412:  # an earlier attempt was stored, but its answer was lost
                seen = client.get(path)
                return seen.status_code == 200 and bool(seen.json()["comment"] == body["comment"])
        except httpx.TransportError:
            return False
        assert put.status_code == 200 or put.status_code >= 500, put.text
        return put.status_code == 200


@pytest.fixture
def result() -> Any:
    return evaluate(PLAN.encode(), load_rubric("decalogo"))


@pytest.fixture
def appliance(processes: Processes, result: Any) -> Processes:
    """Redis and an API of two processes, with evaluated documents."""
    api = processes.settings.api.model_copy(update={"port": free_port(), "processes": 2})
    processes.settings = processes.settings.model_copy(update={"api": api})
    unlimited = [f"DECALOGO_API__PREMIUM__{kind}_PER_MINUTE=0" for kind in ("CHANGES", "READS")]
    processes.commands["api"] = ["env", *unlimited, sys.executable, "-m", "decalogo", "api"]
    processes.start("redis")
    ledger, store = processes.ledger, processes.store
    ledger.admit("batch_r", "office", Options(), [NewDocument(d, f"{d}.txt", "", "00", 4) for d in DOCUMENTS])
    for document in DOCUMENTS:
        claim = claim_document(ledger, document)
        store.put(f"results/{document}.1.json", result.to_json())
        assert ledger.finish(claim, DocumentState.SUCCEEDED, result_key=f"results/{document}.1.json")
    processes.start("api")
    return processes


def reviewers(processes: Processes, result: Any) -> list[Reviewer]:
    store = TokenStore(connect(processes.settings.redis, processes.settings.redis.ledger_db))
    token = store.create("ana", Tier.PREMIUM, tenant="office", scopes=frozenset({Scope.READ, Scope.REVIEW}))
    url = f"http://127.0.0.1:{processes.settings.api.port}/api/v1"
    answers = [answer["id"] for answer in result.result["answers"]][:EACH]
    return [Reviewer(url, token, document, answers) for document in DOCUMENTS]


def kill(processes: Processes, what: str, chance: random.Random) -> None:
    """Kill one process of the API, all of it, or Redis; start again what does not start by itself."""
    if what == "child":
        with suppress(ProcessLookupError, IndexError):
            os.kill(chance.choice(processes.children("api")), signal.SIGKILL)
        return
    processes.signal(what, signal.SIGKILL)
    processes.running[what].wait(30)
    processes.start(what)


def done(people: list[Reviewer]) -> int:
    return sum(len(person.stored) for person in people)


def test_of_a_thousand_reviews_none_is_lost_or_doubled_by_kills(appliance: Processes, result: Any) -> None:
    people = reviewers(appliance, result)
    threads = [threading.Thread(target=person.run, daemon=True) for person in people]
    for thread in threads:
        thread.start()
    chance, total = random.Random(17), len(DOCUMENTS) * EACH
    log = AuditLog(appliance.settings.audit.path)
    for number, what in enumerate(KILLS, 1):
        wanted = number * total // (len(KILLS) + 1)
        appliance.wait(lambda least=wanted: done(people) >= least, 300, f"{wanted} reviews")  # type: ignore[misc]
        kill(appliance, what, chance)
        assert log.verify().problem == "", f"after kill {number} ({what})"
    appliance.wait(lambda: done(people) == total, 300, "all reviews are stored")

    recorded = Counter((r["document"], r["answer"]) for r in log.records() if r["action"] == "review.put")
    for person in people:
        entries = Journal(appliance.store.path(f"reviews/{person.document}")).read()
        assert Counter(entry["answer"] for entry in entries) == Counter(person.answers)  # lost 0, doubled 0
        assert {entry["comment"] for entry in entries} == {f"{person.document} {a}" for a in person.answers}
        assert all(recorded[person.document, answer] for answer in person.answers)
    assert log.verify().problem == ""
