"""The ledger over HTTPS: a joined host changes its own attempts, and what it was not given it cannot take."""

from __future__ import annotations

import httpx
import pytest
from redis.exceptions import ConnectionError

from decalogo.batches.queues import NORMAL, WORK_QUEUES
from decalogo.batches.states import DocumentState
from decalogo.errors import ClaimLostError
from decalogo.setup.hosts import add_host
from decalogo.storage.remote import ROOT, open_client
from decalogo.worker.remote_ledger import RemoteLedger
from tests.api.conftest import wait_until
from tests.claims import claim_document
from tests.hosts.conftest import FirstHost
from tests.hosts.test_remote_store import submit


def test_a_host_does_with_its_attempts_what_a_worker_does(first: FirstHost) -> None:
    ledger, document_id = first.ledger(), submit(first)
    claim = ledger.claim("task-1", WORK_QUEUES)
    assert claim is not None
    assert claim.document_id == document_id
    assert claim.options.rubric == "decalogo"
    assert ledger.owned_by("task-1") == document_id
    assert ledger.owning(["task-1", "task-2"]) == {"task-1"}
    at_page_3 = {"task-1": {"page": 3}}
    assert ledger.renew("worker-1@north", ["task-1", "task-2"], at_page_3, large_processes=2) == ["task-2"]
    assert ledger.release(document_id, "task-1", "returned", "it was stopped") == "queued"

    claim = ledger.claim("task-2", WORK_QUEUES)
    assert claim is not None
    ((part, queue),) = ledger.split(claim, ["1-2"], heavy=False)
    reading = ledger.claim("task-3", [queue])
    assert reading is not None
    assert reading.document_id == part
    assert ledger.finish_part(reading) == (True, NORMAL)
    assert ledger.finish_part(reading) == (False, "")

    joining = ledger.claim("task-4", WORK_QUEUES)
    assert joining is not None
    own = {"result_key": f"results/{document_id}.{joining.attempt}.json"}
    for _ in range(2):  # a reply may be lost
        assert ledger.finish(joining, DocumentState.SUCCEEDED, **own)
    assert first.services.ledger.document(document_id).state is DocumentState.SUCCEEDED  # type: ignore[union-attr]
    ledger.remove_workers(["worker-1@north"])
    assert ledger.claim("task-5", WORK_QUEUES) is None


def test_a_host_reads_and_finishes_no_document_of_another_worker(first: FirstHost) -> None:
    document_id = submit(first)
    held = claim_document(first.services.ledger, document_id, "task-1")
    ledger = first.ledger()

    assert ledger.owned_by("task-1") is None
    assert ledger.owning(["task-1"]) == frozenset()
    assert ledger.renew("worker-1@north", ["task-1"]) == ["task-1"]
    assert ledger.release(document_id, "task-1", "lost", "x") == ""
    assert ledger.refuse(document_id, "task-1", {"type": "x"}) == ""
    ledger._owner = "task-1"
    assert not ledger.finish(held, DocumentState.FAILED)
    assert ledger.split(held, ["1"], heavy=False) == []
    with first.store().attempt(document_id, held.attempt, "task-1") as files, pytest.raises(ClaimLostError):
        files.content(document_id)
    assert first.services.ledger.owned_by("task-1") == document_id


def test_two_hosts_do_not_share_their_attempts(first: FirstHost) -> None:
    document_id = submit(first)
    claim = first.ledger().claim("task-1", WORK_QUEUES)
    assert claim is not None
    south = add_host(first.secrets, "south", address="x", port=1, redis_port=2, set_groups=False)
    (first.joined / "token").chmod(0o600)
    (first.joined / "token").write_text(south.bearer)
    other = first.ledger()

    assert other.owned_by("task-1") is None
    with first.store().attempt(document_id, claim.attempt, "task-1") as files, pytest.raises(ClaimLostError):
        files.content(document_id)
    with pytest.raises(ConnectionError, match="no worker of the host south"):
        other.renew("worker-1@north", [])


def test_an_attempt_names_only_its_own_files(first: FirstHost) -> None:
    other, document_id = submit(first), submit(first)
    ledger = first.ledger()
    claim = ledger.claim("task-1", WORK_QUEUES)
    assert claim is not None
    assert {claim.document_id} <= {other, document_id}
    victim = ({other, document_id} - {claim.document_id}).pop()

    for key in (f"results/{victim}.1.json", f"documents/{victim}", f"results/{claim.document_id}.9.json"):
        with pytest.raises(ConnectionError, match="only with its own files"):
            ledger.finish(claim, DocumentState.SUCCEEDED, result_key=key)


def test_nothing_else_of_the_ledger_can_be_called(first: FirstHost) -> None:
    with open_client(first.storage()) as client:
        for method in ("admit", "cancel", "retry", "delete", "expire_leases", "documents", "__init__"):
            assert client.post(f"/ledger/{method}", json={}).status_code == 404
        assert client.post("/ledger/claim", json={"owner": "x", "queues": ["other"]}).status_code == 422
        assert client.post("/ledger/claim", json={"queues": [NORMAL], "tenant": "x"}).status_code == 422
        assert client.post("/ledger/renew", content=b"x" * (2 << 20)).status_code in (413, 422)
        base = str(client.base_url).removesuffix(f"{ROOT}/")
    answer = httpx.post(f"{base}{ROOT}/ledger/claim", json={"owner": "x"}, verify=False, trust_env=False, timeout=60)
    assert answer.status_code == 401


def test_the_api_reports_that_it_answers_joined_hosts(first: FirstHost) -> None:
    wait_until(first.services.ledger.gateway_answers, 60)


def test_an_outage_of_the_first_host_looks_like_one_of_redis(first: FirstHost) -> None:
    away = first.storage().model_copy(update={"url": "https://127.0.0.1:9"})
    ledger = RemoteLedger(first.services.settings.model_copy(update={"storage": away}), 1.0)
    with pytest.raises(ConnectionError, match="cannot be reached"):
        ledger.owned_by("task-1")
    ledger.close()
