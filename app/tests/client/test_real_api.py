"""The client against the real API on a real Valkey, over HTTP and over TLS as the stack's edge speaks it."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn

from decalogo.access.tokens import Tier
from decalogo.api.services import Services, open_services
from decalogo.batches.states import DocumentState
from decalogo.client.appliance import Appliance, SubmitOptions
from decalogo.client.connection import Connection
from decalogo.client.errors import RefusedError, UnreachableError
from decalogo.client.multipart import FilePart
from decalogo.client.results import save
from decalogo.client.retry import RetryPolicy
from decalogo.errors import DamagedDocumentError
from decalogo.settings import Settings
from decalogo.setup.certificate import self_signed
from decalogo.webapp import create_app
from tests.api.conftest import wait_until
from tests.claims import claim_document

RESULT = b'{"global": {"percent": 41.5, "rating": "medio"}, "answers": []}'


@pytest.fixture
def services(settings: Settings) -> Services:
    return replace(open_services(settings), publish=lambda _documents: None)


@contextmanager
def served(services: Services, certificate: Path | None = None, key: Path | None = None) -> Iterator[int]:
    """Serve the API in a thread and return its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    files = {"ssl_certfile": str(certificate), "ssl_keyfile": str(key)} if certificate else {}
    config = uvicorn.Config(create_app(services.settings, services), log_config=None, **files)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        wait_until(lambda: server.started, 60)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(60)


@pytest.fixture
def token(services: Services) -> str:
    return services.tokens.create("client", Tier.STANDARD)


@pytest.fixture
def files(tmp_path: Path) -> list[FilePart]:
    paths = [tmp_path / name for name in ("uno.txt", "dos.txt")]
    for path in paths:
        path.write_text(f"El plan {path.stem}.", encoding="utf-8")
    return [FilePart.of(path) for path in paths]


def test_results_of_a_half_done_batch_name_what_is_missing(
    services: Services, token: str, files: list[FilePart], tmp_path: Path
) -> None:
    with served(services) as port, Appliance(Connection(f"http://127.0.0.1:{port}", token)) as appliance:
        job = appliance.submit(files, SubmitOptions(priority="low", custom_ids=("a/../b", "=2+2")))["job_id"]
        stored = [
            services.store.read(f"documents/{document.document_id}") for document in services.ledger.documents(job)
        ]
        assert stored == [b"El plan uno.", b"El plan dos."]
        first, second = services.ledger.documents(job)
        claim = claim_document(services.ledger, first.document_id)
        result_key = f"results/{first.document_id}.1.json"
        services.store.put(result_key, RESULT)
        services.ledger.finish(claim, DocumentState.SUCCEEDED, result_key=result_key, pages_key="", problem=None)

        rows = save(appliance, job, tmp_path / "half", jsonl=False, done=lambda: None)
        assert [(row.document, row.state, row.percent, row.rating) for row in rows] == [
            ("a/../b", "succeeded", 41.5, "medio"),
            ("=2+2", "queued", None, ""),
        ]
        assert (tmp_path / "half" / "b.json").read_bytes() == RESULT
        assert "'=2+2" in (tmp_path / "half" / "summary.csv").read_text(encoding="utf-8-sig")

        claim = claim_document(services.ledger, second.document_id)
        problem = DamagedDocumentError("page 3 is cut off").problem()
        services.ledger.finish(claim, DocumentState.FAILED, result_key="", pages_key="", problem=problem)
        states = []
        assert appliance.wait(job, states.append)["counts"]["failed"] == 1
        assert len(states) == 1
        rows = save(appliance, job, tmp_path / "lines", jsonl=True, done=lambda: None)
        assert rows[1].problem == "The document is damaged: page 3 is cut off"
        assert len((tmp_path / "lines" / "results.jsonl").read_bytes().splitlines()) == 2


def test_a_full_queue_is_waited_for_only_as_long_as_told(settings: Settings, token: str, files: list[FilePart]) -> None:
    queue = settings.queue.model_copy(update={"max_depth": 2})
    full = replace(open_services(settings.model_copy(update={"queue": queue})), publish=lambda _documents: None)
    notices: list[str] = []
    with served(full) as port:
        connection = Connection(f"http://127.0.0.1:{port}", token)
        with Appliance(connection, retry=RetryPolicy(timeout_seconds=1), notice=notices.append) as appliance:
            appliance.submit(files, SubmitOptions())
            with pytest.raises(UnreachableError, match="2 documents are queued and the limit is 2"):
                appliance.submit(files, SubmitOptions())
    assert notices == []


@contextmanager
def losing_the_first_answer(port: int) -> Iterator[int]:
    """Stand between client and API; of the first connection everything is passed on and no answer comes back."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def relay() -> None:
            with suppress(OSError):
                for number in itertools.count():
                    near, _ = listening.accept()
                    with near, socket.create_connection(("127.0.0.1", port)) as far:
                        pump = threading.Thread(target=_pass_on, args=(near, far))
                        pump.start()
                        if number:
                            _pass_on(far, near)  # an answer comes in several pieces
                        else:
                            far.recv(65536)
                            near.shutdown(socket.SHUT_RDWR)
                        pump.join()

        thread = threading.Thread(target=relay)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(60)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


def test_an_upload_whose_answer_was_lost_becomes_one_batch(
    services: Services, token: str, files: list[FilePart]
) -> None:
    notices: list[str] = []
    with served(services) as port, losing_the_first_answer(port) as broken:
        connection = Connection(f"http://127.0.0.1:{broken}", token)
        with Appliance(connection, notice=notices.append) as appliance:
            job = appliance.submit(files, SubmitOptions())["job_id"]
    assert "the upload was interrupted" in notices[0]
    assert services.ledger.depth() == len(files)
    assert len(services.ledger.documents(job)) == len(files)


def test_a_wrong_option_is_refused_with_its_place(services: Services, token: str, files: list[FilePart]) -> None:
    with served(services) as port, Appliance(Connection(f"http://127.0.0.1:{port}", token)) as appliance:
        with pytest.raises(RefusedError, match=r"not_applicable: .*P77") as caught:
            appliance.submit(files, SubmitOptions(not_applicable={"P77": ""}))
        assert caught.value.code == 422


def test_only_a_trusted_certificate_will_do(services: Services, token: str, tmp_path: Path) -> None:
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    for path, text in zip((certificate, key), self_signed(["localhost"]), strict=True):
        path.write_text(text)
    with served(services, certificate, key) as port:
        url = f"https://localhost:{port}"
        for connection in (Connection(url, token, ca_file=certificate), Connection(url, token, insecure=True)):
            with Appliance(connection) as appliance, pytest.raises(RefusedError, match="No batch has this id"):
                appliance.status("batch_1")
        with Appliance(Connection(url, token)) as stranger, pytest.raises(UnreachableError, match="--ca FILE"):
            stranger.status("batch_1")
