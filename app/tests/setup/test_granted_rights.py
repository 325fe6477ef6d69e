"""What services may do by design: the cells of docs/explanation/privileges.md that say yes.

Cells with yes are tested too, because operators need to know everything that a service can do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from decalogo.access.tokens import Tier, TokenStore
from decalogo.batches.queues import NORMAL
from decalogo.batches.states import DocumentState
from decalogo.setup.key_access import SERVICES
from tests.setup.as_services import Services, services_in
from tests.setup.test_compromised_worker import denied
from tests.setup.test_scripts_as_services import submit


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with services_in(tmp_path) as found:
        yield found


def allowed(client: redis.Redis, *command: object) -> None:
    client.execute_command(*command)


def test_the_api_makes_tokens_and_sessions_and_the_scheduler_reads_tokens(services: Services) -> None:
    api, scheduler = services.client("api"), services.client("scheduler")
    TokenStore(api).create("alcaldia", Tier.STANDARD)
    (token,) = TokenStore(api).list()

    for key in ("session:x", "sign-in-link:x", "share:x"):
        allowed(api, "HSET", key, "a", "b")
        assert api.hgetall(key) == {"a": "b"}
        denied(lambda key=key: scheduler.hgetall(key))  # type: ignore[misc]
    assert "sha256" in scheduler.hgetall(f"token:{token.token_id}")


@pytest.mark.parametrize("service", ["api", "scheduler"])
def test_api_and_scheduler_read_and_change_webhooks_and_decide_who_owns_a_batch(
    services: Services, service: str
) -> None:
    job_id, (document_id,) = submit(services.ledger("api"))
    client = services.client(service)

    assert "whsec_x" in str(client.hgetall(f"webhook:{job_id}"))
    allowed(client, "HSET", f"webhook:{job_id}", "url", "https://other.example/")
    assert client.zscore("tenant:alcaldia:batches", job_id) is not None
    allowed(client, "ZADD", "tenant:other:batches", 1, job_id)
    allowed(client, "ZADD", "tenant:other:documents", 1, document_id)
    allowed(client, "HSET", f"batch:{job_id}", "tenant", "other")
    assert services.ledger("api").own_batch("other", job_id) is not None


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_may_disturb_the_queue(services: Services, service: str) -> None:
    _, (document_id,) = submit(services.ledger("api"))
    queue, ledger = services.client(service, database=0), services.client(service)

    allowed(queue, "LPUSH", NORMAL, "message")
    assert queue.rpop(NORMAL) == "message"
    allowed(ledger, "HSET", f"document:{document_id}", "attempt", "3")
    allowed(ledger, "DEL", "queued", "running", "owners")


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_may_falsify_a_result(services: Services, service: str) -> None:
    _, (document_id,) = submit(services.ledger("api"))
    ledger = services.ledger("worker")
    claim = ledger.claim("t1", [NORMAL])
    assert claim is not None
    if service == "worker":
        # It reports what it likes about its own claim. The files of results are writable too (test_folders.py).
        assert ledger.finish(claim, DocumentState.SUCCEEDED, result_key=f"results/{document_id}.{claim.attempt}.json")
    else:
        allowed(services.client(service), "HSET", f"document:{document_id}", "state", "succeeded")
    found = services.ledger("api").document(document_id)
    assert found is not None
    assert found.state is DocumentState.SUCCEEDED


def test_the_api_changes_limits_and_the_scheduler_the_schedule(services: Services) -> None:
    api, scheduler = services.client("api"), services.client("scheduler")
    for key in ("limits:x", "admission"):
        allowed(api, "HSET", key, "a", "b")
        denied(lambda key=key: scheduler.hset(key, "a", "b"))  # type: ignore[misc]
    for key in ("beat:x", "retention:x"):
        allowed(scheduler, "SET", key, "x")
        denied(lambda key=key: api.set(key, "x"))  # type: ignore[misc]


def test_api_and_scheduler_list_keys_and_workers_do_not(services: Services) -> None:
    submit(services.ledger("api"))
    for service in ("api", "scheduler"):
        assert services.client(service).scan(0)[1]
    denied(lambda: services.client("worker").scan(0))


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_of_the_first_host_may_act_for_a_joined_host(services: Services, service: str) -> None:
    _, (document_id,) = submit(services.ledger("api"))
    claim = services.ledger("worker").claim("host-1:task", [NORMAL])
    assert claim is not None

    assert services.ledger(service).owned_by("host-1:task") == document_id
    allowed(services.client(service), "HSET", "owners", "host-1:task", "other")
