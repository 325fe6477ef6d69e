"""A worker that was taken over: what it can do with its real credentials at Redis and in the artifact store.

Each test is a cell of the table in docs/explanation/privileges.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from decalogo.access.tokens import Tier, TokenStore
from decalogo.batches.operations import BatchOperations
from decalogo.setup.key_access import KEYS
from decalogo.storage.artifacts import ArtifactStore
from tests.setup.as_services import Services, services_in
from tests.setup.test_scripts_as_services import submit


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with services_in(tmp_path) as found:
        yield found


@pytest.fixture
def worker(services: Services) -> redis.Redis:
    return services.client("worker")


def denied(action: Callable[[], object]) -> None:
    with pytest.raises((redis.exceptions.NoPermissionError, redis.exceptions.ResponseError), match=r"ermission|ACL"):
        action()


@pytest.mark.parametrize("service", ["worker", "scheduler"])
def test_it_mints_no_token_and_reads_no_hash_and_no_session(services: Services, service: str) -> None:
    tokens = TokenStore(services.client("api"))
    tokens.create("alcaldia", Tier.STANDARD)
    (token,) = tokens.list()
    taken = services.client(service)

    denied(lambda: TokenStore(taken).create("mine", Tier.PREMIUM, tenant="alcaldia"))
    denied(lambda: taken.hset(f"token:{token.token_id}", "tenant", "other"))
    denied(lambda: taken.hgetall("session:x"))
    denied(lambda: taken.hset("session:x", "token", token.token_id))
    denied(lambda: taken.eval("return redis.call('HSET', 'token:x', 'tenant', 'y')", 0))
    if service == "worker":  # the scheduler counts tokens for the metrics
        denied(lambda: taken.hgetall(f"token:{token.token_id}"))
        denied(lambda: taken.zrange("tokens", 0, -1))
        denied(lambda: taken.eval("return redis.call('HGET', 'token:' .. ARGV[1], 'sha256')", 0, token.token_id))
    assert [t.token_id for t in tokens.list()] == [token.token_id]


def test_it_reads_and_redirects_no_webhook(services: Services, worker: redis.Redis) -> None:
    job_id, _ = submit(services.ledger("api"))

    assert "secret" not in str(worker.hgetall(f"batch:{job_id}"))
    denied(lambda: worker.hgetall(f"webhook:{job_id}"))
    denied(lambda: worker.hset(f"webhook:{job_id}", "url", "https://evil.example/"))


def test_it_learns_no_names_of_keys_and_changes_no_limit_or_schedule(worker: redis.Redis) -> None:
    for command in ("SCAN 0", "KEYS *", "RANDOMKEY", "DBSIZE", "INFO", "CONFIG GET dir", "ACL LIST", "FLUSHALL",
                    "SLOWLOG GET", "CLIENT LIST", "MONITOR", "SHUTDOWN", "SCRIPT FLUSH", "FUNCTION LIST"):  # fmt: skip
        denied(lambda command=command: worker.execute_command(*command.split()))  # type: ignore[misc]
    for key in ("limits:x", "idempotency:x", "beat:sent", "retention:last", "tenant:alcaldia:batches", "share:x"):
        denied(lambda key=key: worker.delete(key))  # type: ignore[misc]
        denied(lambda key=key: worker.exists(key))  # type: ignore[misc]


def test_it_gives_no_document_to_another_tenant(services: Services, worker: redis.Redis) -> None:
    api = services.ledger("api")
    victim, (theirs,) = submit(api, tenant="victima")
    own, (mine,) = submit(api, tenant="atacante")

    worker.hset(f"document:{theirs}", mapping={"tenant": "atacante", "job_id": own})
    worker.hset(f"batch:{victim}", "tenant", "atacante")
    worker.rpush(f"batch:{own}:documents", theirs)
    denied(lambda: worker.zadd("tenant:atacante:batches", {victim: 1}))
    denied(lambda: worker.zadd("tenant:atacante:documents", {theirs: 1}))

    assert api.own_batch("atacante", victim) is None
    assert api.own_document("atacante", theirs) is None
    assert [document.document_id for document in api.iterate(own)] == [mine]


def test_deleting_a_batch_that_it_changed_deletes_no_document_of_others(
    services: Services, worker: redis.Redis, tmp_path: Path
) -> None:
    api, store = services.ledger("api"), ArtifactStore(tmp_path / "artifacts")
    _, (theirs,) = submit(api, tenant="victima")
    own, (mine,) = submit(api, tenant="atacante")
    TokenStore(services.client("api")).create("victima", Tier.STANDARD)
    for document_id in (theirs, mine):
        store.put(f"documents/{document_id}", b"x")

    worker.rpush(f"batch:{own}:documents", theirs)
    worker.hset(f"document:{mine}", mapping={"result_key": f"documents/{theirs}", "pages_key": f"documents/{theirs}"})
    worker.hset(f"batch:{own}", "idempotency", "tokens")
    BatchOperations(api, store).delete(own)

    assert store.exists(f"documents/{theirs}")
    assert not store.exists(f"documents/{mine}")
    assert api.own_document("victima", theirs) is not None
    assert len(TokenStore(services.client("api")).list()) == 1


@pytest.mark.parametrize("planted", ["link", "linked folder", "folder", "pipe"])
def test_a_planted_file_is_not_served(tmp_path: Path, planted: str) -> None:
    store, secret = ArtifactStore(tmp_path / "artifacts"), tmp_path / "secrets/doc_x.1.json"
    secret.parent.mkdir()
    secret.write_text("the password")
    path = store.path("results/doc_x.1.json")
    path.parent.parent.mkdir(parents=True)
    if planted == "linked folder":
        path.parent.symlink_to(secret.parent)
    else:
        path.parent.mkdir()
        {"link": lambda: path.symlink_to(secret), "folder": path.mkdir, "pipe": lambda: os.mkfifo(path)}[planted]()

    assert not store.exists("results/doc_x.1.json")
    with pytest.raises(FileNotFoundError):
        store.read("results/doc_x.1.json")


def test_the_rights_of_workers_name_no_key_that_decides_who_may_what() -> None:
    worker = {keys.pattern for keys in KEYS if keys.worker}
    for pattern in ("token:*", "tokens", "session:*", "sign-in-link:*", "share:*", "webhook:*", "tenant:*", "limits:*"):
        assert pattern not in worker
        assert any(keys.pattern == pattern for keys in KEYS)
