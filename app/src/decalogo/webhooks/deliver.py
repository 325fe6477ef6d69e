"""Delivers webhooks that are due; any number of schedulers may do so, each webhook goes out from one at a time."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import redis
import structlog
from redis.exceptions import RedisError

from decalogo import __version__
from decalogo.batches.scripts import Scripts
from decalogo.batches.states import Batch
from decalogo.settings import WebhookSettings
from decalogo.webhooks import signing, target

log = structlog.get_logger(__name__)

_POLL_SECONDS = 1.0
_BREATH_SECONDS = 0.05
_TENANT_AT_ONCE = 2
_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Due:
    """One webhook that this process has taken."""

    job_id: str
    url: str
    secret: str
    attempt: int
    taken_until: str
    tenant: str


class Deliverer:
    """Takes due webhooks and sends them.

    Args:
        client: a connection to the ledger's database that decodes answers.
        settings: limits and pauses.
    """

    def __init__(self, client: redis.Redis, settings: WebhookSettings) -> None:
        self._redis = client
        self._scripts = Scripts(client)
        self._settings = settings

    def run(self, stop: threading.Event) -> None:
        """Deliver until ``stop`` is set; an unreachable Redis is waited for."""
        under_way: dict[Future[None], str] = {}
        with ThreadPoolExecutor(self._settings.max_concurrency, thread_name_prefix="webhook") as pool:
            while not stop.wait(_BREATH_SECONDS if under_way else _POLL_SECONDS):
                wait(under_way, _POLL_SECONDS, FIRST_COMPLETED)
                under_way = {sent: tenant for sent, tenant in under_way.items() if not sent.done()}
                with _trouble_logged():
                    for due in self.take(under_way.values()):
                        under_way[pool.submit(self._try, due)] = due.tenant

    def take(self, under_way: Collection[str] = ()) -> list[Due]:
        """Take what is due now and there is room for, for longer than an attempt lasts.

        Args:
            under_way: the tenant of each webhook that this process is sending.
        """
        room = self._settings.max_concurrency - len(under_way)
        if room <= 0:
            return []
        seconds = 2 * self._settings.timeout_seconds + 5
        flat = self._scripts.run("webhooks_due", seconds, room, _TENANT_AT_ONCE, *under_way)
        taken = []
        for i in range(0, len(flat), 5):
            hook = json.loads(flat[i + 1])
            taken.append(Due(flat[i], hook["url"], hook["secret"], int(flat[i + 2]), flat[i + 3], flat[i + 4]))
        return taken

    def attempt(self, due: Due) -> bool:
        """Send one webhook once and note how it went; tells whether it was delivered."""
        batch = self._batch(due.job_id)
        if batch is None or not batch.finished_at:
            return False
        # The same for every attempt, so that a receiver can tell a repetition.
        message_id = f"msg_{due.job_id.partition('_')[2]}_{int(batch.finished_at * 1e6)}"
        failure = self._send(due, message_id, _body(batch))
        pause: float | str = ""
        state = "delivered"
        if failure and due.attempt < self._settings.max_attempts:
            factor = self._settings.initial_backoff_seconds * 4.0 ** (due.attempt - 1)
            pause, state = min(factor, self._settings.max_backoff_seconds), "pending"
        elif failure:
            state = f"given up after {due.attempt} attempts: {failure}"
        self._scripts.run("webhook_settle", due.job_id, due.taken_until, pause, state)
        outcome = {"job_id": due.job_id, "attempt": due.attempt, "message": message_id, "failure": failure or None}
        log.info("webhook sent" if not failure else "webhook failed", next_in_seconds=pause or None, **outcome)
        return not failure

    def _try(self, due: Due) -> None:
        with _trouble_logged():
            self.attempt(due)

    def _batch(self, job_id: str) -> Batch | None:
        row: dict[str, str] = self._redis.hgetall(f"batch:{job_id}")  # type: ignore[assignment]
        return Batch.from_row(job_id, row) if row else None

    def _send(self, due: Due, message_id: str, body: bytes) -> str:
        """Return why it failed, empty when the receiver answered 2xx."""
        ends = time.monotonic() + self._settings.timeout_seconds
        try:
            parts = target.check_url(due.url, self._settings)
            signed = signing.headers(due.secret, message_id, int(time.time()), body)
            connection = target.connect(parts, self._settings, ends)
        except (OSError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        # A timeout of the socket is one of each byte; this ends the whole of it, however slowly it drips.
        deadline = threading.Timer(ends - time.monotonic(), _cut, [connection.sock])
        deadline.daemon = True
        deadline.start()
        try:
            headers = {"Content-Type": "application/json", "User-Agent": f"decalogo/{__version__}", **signed}
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, {"Host": parts.netloc, **headers, "Connection": "close"})
            answer = connection.getresponse()
            answer.read(_ANSWER_BYTES)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            deadline.cancel()
            connection.close()
        # A redirect is a failure: it would lead past the check of the address.
        return "" if 200 <= answer.status < 300 else f"answered {answer.status}"


@contextmanager
def _trouble_logged() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        log.warning("webhooks wait for the ledger", error=str(error))
    except Exception:
        log.exception("webhooks failed")


def _cut(open_socket: socket.socket) -> None:
    with suppress(OSError):
        open_socket.shutdown(socket.SHUT_RDWR)


def _body(batch: Batch) -> bytes:
    finished = datetime.fromtimestamp(batch.finished_at, UTC).isoformat()
    data = {"job_id": batch.job_id, "state": batch.state, "counts": dict(batch.counts), "finished_at": finished}
    return json.dumps({"type": "batch.finished", "timestamp": finished, "data": data}).encode()
