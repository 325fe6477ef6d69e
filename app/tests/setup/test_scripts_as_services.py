"""Every script of the ledger runs with the rights of the services that call it, on a server with their users."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from decalogo.access.tokens import Tier, TokenStore
from decalogo.batches.fencing import ClaimCheck
from decalogo.batches.format import check_format
from decalogo.batches.idempotency import IdempotencyKeys
from decalogo.batches.ledger import Ledger
from decalogo.batches.queues import NORMAL, QUEUES, SUSPECT_QUEUES
from decalogo.batches.scripts import Scripts
from decalogo.batches.snapshot import take_snapshot
from decalogo.batches.states import DocumentState, Handling, NewDocument, Options
from decalogo.ids import new_id
from decalogo.scheduler.hourly import Hourly
from decalogo.settings import WebhookSettings
from decalogo.setup.key_access import KEYS
from decalogo.webhooks.deliver import Deliverer
from tests.setup.as_services import Services, services_in

SCRIPTS = {
    f.name.removesuffix(".lua") for f in (files("decalogo.batches") / "lua").iterdir() if f.name.endswith(".lua")
}
# Who calls which script; the test below runs all of these pairs.
CALLERS = {
    "api": {"admit", "append", "cancel", "check_admission", "delete", "describe", "lock", "migrate_1_to_2",
            "requeue_restored", "retry", "set_not_applicable", "unlock"},
    "worker": {"claim", "finish", "finish_part", "refuse", "release", "renew", "split"},
    "scheduler": {"claim_webhooks", "delete", "expire_leases", "finish_webhook", "lock", "migrate_1_to_2",
                  "take_unpublished", "unlock"},
}  # fmt: skip


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with services_in(tmp_path) as found:
        yield found


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Pairs of Redis user and script that ran without an error."""
    seen: set[tuple[str, str]] = set()
    run = Scripts.run

    def watching(self: Scripts, name: str, *args: Any) -> Any:
        reply = run(self, name, *args)
        seen.add((str(self._redis.connection_pool.connection_kwargs["username"]), name))
        return reply

    monkeypatch.setattr(Scripts, "run", watching)
    return seen


def submit(ledger: Ledger, count: int = 1, tenant: str = "alcaldia", webhook: bool = True) -> tuple[str, list[str]]:
    job_id, documents = new_id("batch"), [NewDocument(new_id("doc"), "x.pdf", "", "00", 7) for _ in range(count)]
    hook = json.dumps({"url": "https://example.org/hook", "secret": "whsec_x"}) if webhook else ""
    key = Handling(webhook=hook, idempotency=f"idempotency:{job_id}", fingerprint="f")
    ledger.admit(job_id, tenant, Options(), documents, handling=key, metadata={"name": "x"})
    return job_id, [document.document_id for document in documents]


def test_every_script_is_somebodys() -> None:
    assert set().union(*CALLERS.values()) == SCRIPTS


def test_every_script_runs_as_each_service_that_calls_it(services: Services, ran: set[tuple[str, str]]) -> None:
    api, worker, scheduler = (services.ledger(name) for name in CALLERS)
    for name in ("api", "scheduler"):
        check_format(services.client(name))
        Scripts(services.client(name)).run("migrate_1_to_2", new_id("batch"))
    api.check_admission("alcaldia", tenant_limit=100)

    job_id, (split, lost, partial, plain, cancelled) = submit(api, 5)
    keys = IdempotencyKeys(services.client("api"))
    assert keys.lock("idempotency:x", "me")
    keys.unlock("idempotency:x", "me")
    api.set_batch_metadata(job_id, {"name": "y"})

    claim = worker.claim("t1", [NORMAL])
    assert claim is not None
    assert claim.document_id == split
    assert worker.renew("worker@a", ["t1"], {"t1": {"stage": "extract"}}, large_processes=2) == []
    assert worker.owned_by("t1") == split
    ((part, queue),) = worker.split(claim, ["1-2"], heavy=False)
    claim = worker.claim("t2", [queue])
    while claim is not None and claim.document_id != part:
        worker.release(claim.document_id, "t2", "returned", "")
        claim = worker.claim("t2", [queue])
    assert claim is not None
    assert worker.finish_part(claim)[0]

    attempts = 0
    while (claim := worker.claim(f"l{attempts}", QUEUES)) is not None:
        attempts += 1
        if claim.document_id == partial and claim.queue not in SUSPECT_QUEUES:
            worker.finish(claim, DocumentState.PARTIAL, result_key=f"r{attempts}", pages_key="p", problem={"type": "x"})
        elif claim.document_id == lost:
            worker.release(lost, f"l{attempts - 1}", "lost", "it died", {"cause": "exit"})
        elif claim.document_id == cancelled:
            assert api.cancel([cancelled]) == 1
        else:
            worker.finish(claim, DocumentState.SUCCEEDED, result_key=f"r{attempts}", pages_key="p")
        ClaimCheck(services.client("api")).holds(claim.document_id, claim.attempt, "x")
    assert worker.refuse(lost, "nobody", {"type": "x"}) == ""
    worker.remove_workers(["worker@a"])
    assert api.document(lost).state is DocumentState.DEAD  # type: ignore[union-attr]
    assert api.own_batch("alcaldia", job_id).counts["succeeded"] == 3  # type: ignore[union-attr]

    (due,) = Deliverer(services.client("scheduler"), WebhookSettings()).claim()
    assert due.secret == "whsec_x"
    Scripts(services.client("scheduler")).run("finish_webhook", job_id, due.claimed_until, "", "delivered")
    assert api.retry([lost], tenant="alcaldia", tenant_limit=100) == [lost]
    api.set_not_applicable(plain, {"P9": "x"}, tenant="alcaldia", tenant_limit=100)
    assert {name for name, _ in scheduler.take_unpublished(0, 10)} == {lost, plain}
    assert worker.claim("t9", QUEUES) is not None
    time.sleep(0.1)
    assert set(scheduler.expire_leases().values()) == {"queued"}
    assert Hourly("retention", services.client("scheduler"), lambda: None).run_if_due()
    Scripts(services.client("api")).run("requeue_restored", plain)
    snapshot = take_snapshot(services.client("scheduler"), 10)
    assert snapshot.totals["accepted"] == 5

    other, _ = submit(api)
    api.append(other, "alcaldia", [NewDocument(new_id("doc"), "y.pdf", "", "00", 7)], most=2)
    assert len(api.delete(other)) == 2
    assert len(scheduler.delete(job_id)) == 5
    wanted = {(service, name) for service, names in CALLERS.items() for name in names}
    assert wanted - ran == set()


def test_what_celery_and_tokens_need_is_allowed(services: Services) -> None:
    TokenStore(services.client("api")).create("x", Tier.STANDARD)
    assert len(TokenStore(services.client("scheduler")).list()) == 1
    for service in CALLERS:
        broker = services.client(service, 0)
        broker.lpush(NORMAL, "{}")
        assert broker.llen(NORMAL) == 1
        assert broker.brpop([NORMAL], timeout=1)
        with broker.pipeline() as pipe:
            pipe.zadd("unacked_index", {"x": 1}).hset("unacked", "x", "{}").execute()
        with broker.pipeline() as pipe:
            pipe.zrem("unacked_index", "x").hdel("unacked", "x").execute()
        assert broker.zrevrangebyscore("unacked_index", 1, 0, start=0, num=10) == []
        with broker.lock("unacked_mutex", timeout=5):
            pass
        broker.sadd("_kombu.binding.celery.pidbox", "x")
        broker.publish("/0.celery.pidbox", "{}")


def test_the_table_names_every_key_of_the_scripts() -> None:
    folder = files("decalogo.batches") / "lua"
    text = "".join(f.read_text() for f in [*folder.iterdir(), *(folder / "lib").iterdir()] if f.name.endswith(".lua"))
    named = set(re.findall(r"redis\.call\('(?!INFO)[A-Z]+', '([a-z_:-]+)'", text))
    patterns = [re.compile(re.escape(keys.pattern).replace(r"\*", ".*")) for keys in KEYS]
    assert len(named) > 15
    assert [name for name in named if not any(pattern.match(name) for pattern in patterns)] == []
