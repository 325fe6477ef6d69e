"""An API on a real Valkey with its own artifact store, in process or as the command that users run."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from decalogo.access.tokens import Tier
from decalogo.api.services import Services, open_services
from decalogo.embedded.instance import free_port
from decalogo.logs import configure
from decalogo.settings import LogSettings, Settings
from decalogo.webapp import create_app
from tests.conftest import environment


@dataclass
class Published:
    """Stands where the broker's messages go, to see what was sent."""

    pairs: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, documents: Any) -> None:
        self.pairs.extend(documents)


@pytest.fixture(autouse=True)
def _logs() -> None:
    configure(LogSettings())


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def services(settings: Settings, published: Published) -> Services:
    """Real ledger, store and tokens; publishing is watched."""
    return replace(open_services(settings), publish=published)


class InProcess:
    """Uvicorn in a thread of the test, as in production but for gunicorn."""

    def __init__(self, services: Services) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            create_app(services.settings, services), log_config=None, access_log=False, timeout_graceful_shutdown=5
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        self._thread.start()
        wait_until(lambda: self._server.started, 20)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()


@pytest.fixture
def serve(services: Services) -> Iterator[Callable[..., httpx.Client]]:
    """Start the API in process: ``serve(tier="premium", tenant="x", services=…)`` returns a client with a token."""
    with ExitStack() as stack:
        running: dict[int, InProcess] = {}

        def start(*, tier: str = "standard", tenant: str = "alcaldia", services: Services = services) -> httpx.Client:
            if id(services) not in running:
                server = running[id(services)] = InProcess(services)
                stack.callback(server.stop)
            token = services.tokens.create("test", Tier(tier), tenant=tenant)
            headers = {"Authorization": f"Bearer {token}"}
            client = httpx.Client(base_url=running[id(services)].url, headers=headers, timeout=30, trust_env=False)
            return stack.enter_context(client)

        yield start


@pytest.fixture
def client(serve: Callable[..., httpx.Client]) -> httpx.Client:
    """A client with a standard token of tenant ``alcaldia``."""
    return serve()


def stored_files(settings: Settings) -> list[Path]:
    """Return every file in the artifact store, unfinished ones included."""
    return [path for path in settings.storage.path.rglob("*") if path.is_file()]


def problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """Check that the answer is this problem and nothing more, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"/problems/{slug}", body
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    return body


@dataclass
class Live:
    """`decalogo api` as a process of its own."""

    url: str
    token: str
    process: subprocess.Popen[bytes]
    log: Path

    def client(self, **more: Any) -> httpx.Client:
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=60, trust_env=False, **more
        )

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]


@contextmanager
def running(settings: Settings, log: Path, more: Mapping[str, str] | None = None, **token: Any) -> Iterator[Live]:
    """Start one API process on a free port and stop it afterwards; ``token`` says what its token may do."""
    port = free_port()
    api = settings.api.model_copy(update={"port": port, "processes": 1, "graceful_seconds": 3})
    env = environment(settings.model_copy(update={"api": api})) | dict(more or {})
    made = open_services(settings).tokens.create("live", **{"tier": Tier.STANDARD, **token})
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [str(Path(sys.executable).parent / "decalogo"), "api"], env=env, stdout=output, stderr=output
        ) as process,
    ):
        started = Live(f"http://127.0.0.1:{port}", made, process, log)
        try:
            wait_until(lambda: _answers(started.url), 30, lambda: log.read_text())
            yield started
        finally:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGTERM)
            process.wait(30)


@pytest.fixture
def live(settings: Settings, tmp_path: Path) -> Iterator[Live]:
    """One API process with a standard token."""
    with running(settings, tmp_path / "api.log") as started:
        yield started


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/health", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float, explain: Callable[[], str] = str) -> None:
    """Poll until ``condition`` holds; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {explain()}"
        time.sleep(0.02)
