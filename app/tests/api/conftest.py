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

from decalogo.access.tokens import Scope, Tier
from decalogo.api.http_protocol import ProblemProtocol
from decalogo.api.services import Services, open_services
from decalogo.api.stream_limits import Streams
from decalogo.audit.log import AuditLog
from decalogo.audit.pending import move_pending
from decalogo.embedded.instance import free_port
from decalogo.logs import configure
from decalogo.settings import LogSettings, Settings
from decalogo.webapp import create_app
from tests.api.working import evaluated
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


_MOVING, _LOGS = threading.Lock(), list[AuditLog]()


def _move_for_a_running_test(client: Any, log: AuditLog) -> int:
    """Move waiting records only for a test that runs: the server that tests share outlives each of them."""
    with _MOVING:
        return move_pending(client, log) if log in _LOGS else 0


@pytest.fixture(scope="session", autouse=True)
def _movers() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("decalogo.api.app.move_pending", _move_for_a_running_test)
        yield


@pytest.fixture
def services(settings: Settings, published: Published) -> Iterator[Services]:
    """Real ledger, store and tokens; publishing is watched."""
    opened = replace(open_services(settings), publish=published)
    _LOGS.append(opened.audit_log)
    yield opened
    with _MOVING:  # a pass under way is still this test's
        _LOGS.remove(opened.audit_log)
    opened.pictures.close()


class InProcess:
    """Uvicorn in a thread of the test, as in production but for gunicorn."""

    def __init__(self, services: Services) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._app = create_app(services.settings, services)
        options: dict[str, Any] = {"log_config": None, "access_log": False, "timeout_graceful_shutdown": 5}
        config = uvicorn.Config(self._app, http=ProblemProtocol, **options)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        self._thread.start()
        wait_until(lambda: self._server.started, 120)

    def use(self, services: Services) -> None:
        """Serve the next test: every request takes its services from the application's state."""
        self._app.state.services = services
        self._app.state.streams = Streams(services.settings.api.event_streams)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(120)
        assert not self._thread.is_alive()


@pytest.fixture(scope="session")
def shared_servers() -> Iterator[list[InProcess]]:
    """The server that tests share, once one of them has started it: a server per test would take most of the time."""
    servers: list[InProcess] = []
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def serve(services: Services, shared_servers: list[InProcess]) -> Iterator[Callable[..., httpx.Client]]:
    """Start the API in process: ``serve(tier="premium", tenant="x", services=…)`` returns a client with a token.

    ``own=True`` is for tests of the start: it starts a server although there is a shared one.
    """
    with ExitStack() as stack:
        running: list[tuple[Services, InProcess]] = []

        def server_for(wanted: Services, own: bool) -> InProcess:
            known = next((server for services, server in running if services is wanted), None)
            if known is not None:
                return known
            if not running and not own:  # the first one of a test is the shared one
                if not shared_servers:
                    shared_servers.append(InProcess(wanted))
                server = shared_servers[0]
                server.use(wanted)
            else:
                server = InProcess(wanted)
                stack.callback(server.stop)
            running.append((wanted, server))
            return server

        def start(
            *, tier: str = "standard", tenant: str = "alcaldia", services: Services = services, own: bool = False
        ) -> httpx.Client:
            server = server_for(services, own)
            token = services.tokens.create("test", Tier(tier), tenant=tenant)
            headers = {"Authorization": f"Bearer {token}"}
            client = httpx.Client(base_url=server.url, headers=headers, timeout=300, trust_env=False)
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
    log_start: int = 0

    def log_text(self) -> str:
        """Return what it has logged since the test began."""
        return self.log.read_bytes()[self.log_start :].decode()

    def client(self, **more: Any) -> httpx.Client:
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=300, trust_env=False, **more
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
            wait_until(lambda: _answers(started.url), 120, lambda: log.read_text())
            yield started
        finally:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGTERM)
            process.wait(120)


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


@pytest.fixture
def still(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock of the rate limits, so that a test may take any time for the requests of a minute."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)


Nothing = Callable[[], None]


@pytest.fixture
def nothing_left(settings: Settings, services: Services, published: Published) -> Nothing:
    """Return a check that a refused upload has left no trace."""

    def check() -> None:
        assert stored_files(settings) == []
        assert services.ledger.depth() == 0
        assert services.ledger.batches("alcaldia") == []
        assert published.pairs == []

    return check


@pytest.fixture
def people(client: httpx.Client, services: Services) -> Iterator[Callable[..., httpx.Client]]:
    """Return a client with a token of that name, in the tenant of ``client``."""
    scopes = frozenset({Scope.READ, Scope.REVIEW, Scope.SUBMIT})
    opened = ExitStack()

    def person(name: str, tenant: str = "alcaldia") -> httpx.Client:
        token = services.tokens.create(name, Tier.PREMIUM, tenant=tenant, scopes=scopes)
        headers = {"Authorization": f"Bearer {token}"}
        return opened.enter_context(
            httpx.Client(base_url=client.base_url, headers=headers, timeout=300, trust_env=False)
        )

    with opened:
        yield person


@pytest.fixture
def plan(client: httpx.Client, services: Services) -> tuple[str, str]:
    """Ids of a batch and its evaluated document."""
    return evaluated(client, services)
