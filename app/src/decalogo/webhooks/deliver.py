"""Delivery of due webhooks. Several schedulers may deliver; each webhook is claimed by one of them at a time."""

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
_PAUSE_SECONDS = 0.05
_MAX_PER_TENANT = 2
_RESPONSE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Due:
    """Webhook that this process has claimed."""

    job_id: str
    url: str
    secret: str
    attempt: int
    claimed_until: str
    tenant: str


class Deliverer:
    """Claims due webhooks and sends them.

    Args:
        client: connection to the ledger's database that decodes replies.
        settings: limits, timeouts and backoff.
    """

    def __init__(self, client: redis.Redis, settings: WebhookSettings) -> None:
        self._redis = client
        self._scripts = Scripts(client)
        self._settings = settings

    def run(self, stop: threading.Event) -> None:
        """Deliver webhooks until ``stop`` is set; wait while Redis is unreachable."""
        in_progress: dict[Future[None], str] = {}
        with ThreadPoolExecutor(self._settings.max_concurrency, thread_name_prefix="webhook") as pool:
            while not stop.wait(_PAUSE_SECONDS if in_progress else _POLL_SECONDS):
                wait(in_progress, _POLL_SECONDS, FIRST_COMPLETED)
                in_progress = {sent: tenant for sent, tenant in in_progress.items() if not sent.done()}
                with _errors_logged():
                    for due in self.claim(in_progress.values()):
                        in_progress[pool.submit(self._try, due)] = due.tenant

    def claim(self, in_progress: Collection[str] = ()) -> list[Due]:
        """Claim due webhooks, for longer than an attempt lasts, up to the maximum concurrency.

        Args:
            in_progress: tenant of each webhook that this process is sending.
        """
        free = self._settings.max_concurrency - len(in_progress)
        if free <= 0:
            return []
        seconds = 2 * self._settings.timeout_seconds + 5
        flat = self._scripts.run("claim_webhooks", seconds, free, _MAX_PER_TENANT, *in_progress)
        claimed = []
        for i in range(0, len(flat), 5):
            hook = json.loads(flat[i + 1])
            claimed.append(Due(flat[i], hook["url"], hook["secret"], int(flat[i + 2]), flat[i + 3], flat[i + 4]))
        return claimed

    def attempt(self, due: Due) -> bool:
        """Send a webhook once and record the outcome; return whether it was delivered."""
        batch = self._batch(due.job_id)
        if batch is None or not batch.finished_at:
            return False
        # The same id for every attempt, so that a receiver can recognize a repetition.
        message_id = f"msg_{due.job_id.partition('_')[2]}_{int(batch.finished_at * 1e6)}"
        failure = self._send(due, message_id, _body(batch))
        backoff: float | str = ""
        state = "delivered"
        if failure and due.attempt < self._settings.max_attempts:
            factor = self._settings.initial_backoff_seconds * 4.0 ** (due.attempt - 1)
            backoff, state = min(factor, self._settings.max_backoff_seconds), "pending"
        elif failure:
            state = f"abandoned after {due.attempt} attempts: {failure}"
        self._scripts.run("finish_webhook", due.job_id, due.claimed_until, backoff, state)
        outcome = {"job_id": due.job_id, "attempt": due.attempt, "message": message_id, "failure": failure or None}
        log.info("webhook sent" if not failure else "webhook failed", next_in_seconds=backoff or None, **outcome)
        return not failure

    def _try(self, due: Due) -> None:
        with _errors_logged():
            self.attempt(due)

    def _batch(self, job_id: str) -> Batch | None:
        row: dict[str, str] = self._redis.hgetall(f"batch:{job_id}")  # type: ignore[assignment]
        return Batch.from_row(job_id, row) if row else None

    def _send(self, due: Due, message_id: str, body: bytes) -> str:
        """Return the reason of the failure; empty when the receiver answered 2xx."""
        ends = time.monotonic() + self._settings.timeout_seconds
        try:
            parts = target.check_url(due.url, self._settings)
            signed = signing.headers(due.secret, message_id, int(time.time()), body)
            connection = target.connect(parts, self._settings, ends)
        except (OSError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        # A socket timeout applies to each read. This timer limits the whole attempt, even if the response arrives
        # slowly.
        deadline = threading.Timer(ends - time.monotonic(), _shut_down, [connection.sock])
        deadline.daemon = True
        deadline.start()
        try:
            headers = {"Content-Type": "application/json", "User-Agent": f"decalogo/{__version__}", **signed}
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, {"Host": parts.netloc, **headers, "Connection": "close"})
            answer = connection.getresponse()
            answer.read(_RESPONSE_BYTES)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            deadline.cancel()
            connection.close()
        # A redirect counts as a failure: its target has not been checked.
        return "" if 200 <= answer.status < 300 else f"answered {answer.status}"


@contextmanager
def _errors_logged() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        log.warning("webhooks wait for Redis", error=str(error))
    except Exception:
        log.exception("webhooks failed")


def _shut_down(open_socket: socket.socket) -> None:
    with suppress(OSError):
        open_socket.shutdown(socket.SHUT_RDWR)


def _body(batch: Batch) -> bytes:
    finished = datetime.fromtimestamp(batch.finished_at, UTC).isoformat()
    data = {"job_id": batch.job_id, "state": batch.state, "counts": dict(batch.counts), "finished_at": finished}
    return json.dumps({"type": "batch.finished", "timestamp": finished, "data": data}).encode()
