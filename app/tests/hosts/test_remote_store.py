"""The artifact store over HTTPS: an attempt sees its own files, and only while it holds its claim."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import pytest

from decalogo.api.routes.remote_workers import owner_of
from decalogo.batches.claims import Claim
from decalogo.batches.queues import NORMAL
from decalogo.batches.states import DocumentState, NewDocument, Options
from decalogo.errors import ClaimLostError, UnauthorizedError, UnavailableError
from decalogo.ids import new_id
from decalogo.setup.hosts import add_host, known_hosts, revoke_host
from decalogo.storage.remote import OWNER_HEADER, open_client
from decalogo.worker.attempt import run_attempt
from decalogo.worker.first_host import await_first_host
from decalogo.worker.remote_ledger import RemoteLedger
from tests.claims import claim_document
from tests.hosts.conftest import FirstHost

CONTENT = b"Programa de mujeres: 12,4 % en 2023.\n" * 40


def submit(first: FirstHost, content: bytes = CONTENT) -> str:
    document_id = new_id("doc")
    first.services.store.put(f"documents/{document_id}", content)
    first.services.ledger.admit(
        new_id("batch"), "tests", Options(), [NewDocument(document_id, "x.txt", "", "00", len(content))]
    )
    return document_id


def claim(first: FirstHost, document_id: str, owner: str = "task-1") -> Claim:
    return claim_document(first.services.ledger, document_id, owner_of(first.host, owner))


def lose(first: FirstHost, document_id: str) -> None:
    """Have the lease end."""
    deadline = time.monotonic() + 100
    while document_id not in first.services.ledger.expire_leases():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_document_is_judged_by_a_worker_that_shares_no_disk(first: FirstHost) -> None:
    document_id = submit(first)

    outcome = run_attempt("task-1", [NORMAL], first.ledger(), first.store(), first.services.settings)

    document = first.services.ledger.document(document_id)
    assert document is not None
    assert (outcome, document.state) == ("succeeded", "succeeded")
    assert b'"answers"' in first.services.store.read(document.result_key)
    assert first.services.store.exists(document.pages_key)
    assert list((first.joined / "scratch/scratch").rglob("*")) == []


def test_both_forms_of_the_store_bring_the_same_result(first: FirstHost) -> None:
    documents = [submit(first), submit(first)]
    for ledger, store in ((first.services.ledger, first.services.store), (first.ledger(), first.store())):
        run_attempt("task", [NORMAL], ledger, store, first.services.settings)

    results = [first.services.store.read(first.services.ledger.document(d).result_key) for d in documents]  # type: ignore[union-attr]
    assert results[0] == results[1]


def test_a_late_answer_is_refused_with_the_reason_and_leaves_no_file(first: FirstHost) -> None:
    document_id = submit(first)
    late = claim(first, document_id)
    with first.store().attempt(document_id, late.attempt, "task-1") as files:
        assert files.content(document_id).read_bytes() == CONTENT
        lose(first, document_id)

        with pytest.raises(ClaimLostError, match="has lost its claim"):
            files.put(f"results/{document_id}.{late.attempt}.json", b"{}")

    assert not first.services.store.exists(f"results/{document_id}.{late.attempt}.json")


def test_an_attempt_that_lost_its_claim_is_fenced_and_counted(first: FirstHost) -> None:
    document_id = submit(first)
    store = first.store()

    class Cut(RemoteLedger):
        def claim(self, owner: str, queues: Sequence[str]) -> Claim | None:
            found = super().claim(owner, queues)
            lose(first, document_id)
            return found

    slow = Cut(first.ledger().settings)

    assert run_attempt("task-1", [NORMAL], slow, store, first.services.settings) == "fenced"
    slow.close()
    assert first.services.ledger.document(document_id).state is DocumentState.QUEUED  # type: ignore[union-attr]


def test_late_writes_are_counted_with_the_fenced_answers(first: FirstHost) -> None:
    document_id = submit(first)
    late = claim(first, document_id)
    lose(first, document_id)

    with first.store().attempt(document_id, late.attempt, "task-1") as files, pytest.raises(ClaimLostError):
        files.put(f"results/{document_id}.{late.attempt}.json", b"{}")

    assert first.services.ledger._redis.hget("totals", "fenced") == "1"


@pytest.mark.parametrize(("attempt", "owner"), [(2, "task-1"), (1, "task-2"), (1, "")])
def test_only_who_holds_the_claim_reads_the_document(first: FirstHost, attempt: int, owner: str) -> None:
    document_id = submit(first)
    claim(first, document_id)

    with first.store().attempt(document_id, attempt, owner) as files, pytest.raises(ClaimLostError):
        files.content(document_id)


def test_an_attempt_reads_and_writes_nothing_of_another_document(first: FirstHost) -> None:
    own, other = submit(first), submit(first)
    held = claim(first, own)
    first.services.store.put(f"parts/{other}.1.0", b"x")

    with first.store().attempt(own, held.attempt, "task-1") as files:
        for key in (f"documents/{other}", f"parts/{other}.1.0", "documents/../secrets"):
            with pytest.raises(FileNotFoundError):
                files.read(key)
        for key in (f"documents/{own}", f"results/{other}.1.json", f"results/{own}.2.json", f"pages/{own}.json"):
            with pytest.raises(FileNotFoundError):
                files.put(key, b"x")

    assert first.services.store.read(f"documents/{own}") == CONTENT


def test_parts_are_read_back_by_the_attempt_that_puts_them_together(first: FirstHost) -> None:
    document_id = submit(first)
    cutting = claim(first, document_id)
    with first.store().attempt(document_id, cutting.attempt, "task-1") as files:
        files.put(f"parts/{document_id}.{cutting.attempt}.0", b"known")
    ((part, _),) = first.services.ledger.split(cutting, ["1-2"], heavy=False)
    reading = claim(first, part, "task-2")

    with first.store().attempt(part, reading.attempt, "task-2") as files:
        assert files.content(document_id).read_bytes() == CONTENT
        files.put(f"parts/{part}", b"pages")
    assert first.services.ledger.finish_part(reading)[0]
    joining = claim(first, document_id, "task-3")

    with first.store().attempt(document_id, joining.attempt, "task-3") as files:
        assert files.read(f"parts/{document_id}.{cutting.attempt}.0") == b"known"
        assert files.read(f"parts/{part}") == b"pages"


def test_a_revoked_host_is_refused_at_once_and_others_are_not(first: FirstHost) -> None:
    document_id = submit(first)
    held = claim(first, document_id)
    south = add_host(first.secrets, "south", address="x", port=1, redis_port=2, set_groups=False)
    store = first.store()

    revoke_host(first.secrets, first.line.host_id, set_groups=False)

    with store.attempt(document_id, held.attempt, "task-1") as files, pytest.raises(UnauthorizedError):
        files.content(document_id)
    assert [host.name for host in known_hosts(first.secrets)] == ["south"]
    (first.joined / "token").chmod(0o600)
    (first.joined / "token").write_text(south.bearer)
    assert await_first_host(first.storage()) == "south"


@pytest.mark.parametrize("bearer", ["", "Bearer x", "Bearer 000000000000." + "0" * 64, "Basic eDp5"])
def test_without_the_token_of_a_host_nothing_is_told(first: FirstHost, bearer: str) -> None:
    with open_client(first.storage()) as client:
        answer = client.get("/host", headers={"Authorization": bearer, OWNER_HEADER: "x"})

    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthorized")


def test_another_certificate_than_the_lines_is_not_talked_to(first: FirstHost, tmp_path: Path) -> None:
    trusted = first.storage().model_copy(update={"ca_file": first.secrets / "nginx/tls.crt"})

    with open_client(trusted) as client, pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        client.get("/host")


def test_a_worker_waits_for_a_first_host_that_is_away(first: FirstHost) -> None:
    good = first.storage()
    elsewhere = good.model_copy(update={"url": "https://127.0.0.1:1"})
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 6:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        await_first_host(elsewhere, pause)

    assert pauses == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    assert await_first_host(good) == "north"


def test_while_the_first_host_is_away_the_store_says_so(first: FirstHost) -> None:
    store = first.store()
    store._client.base_url = httpx.URL("https://127.0.0.1:1/internal/v1")

    with store.attempt("doc_x", 1, "task-1") as files:
        attempts: list[Callable[[], object]] = [
            lambda: files.content("doc_x"),
            lambda: files.read("parts/doc_x.1.0"),
            lambda: files.put("results/doc_x.1.json", b"{}"),
        ]
        for attempt in attempts:
            with pytest.raises(UnavailableError, match="cannot be reached"):
                attempt()
