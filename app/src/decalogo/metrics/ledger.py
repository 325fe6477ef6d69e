"""What the ledger, the broker's lists and the disk say at the scrape; read by the scheduler alone."""

from __future__ import annotations

import shutil
import time
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import redis
import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from decalogo.access.tokens import Tier, TokenStore
from decalogo.batches.queues import QUEUES
from decalogo.batches.snapshot import Snapshot, take_snapshot
from decalogo.batches.states import TERMINAL
from decalogo.connections import connect
from decalogo.settings import Settings

log = structlog.get_logger(__name__)

TOKENS_SECONDS: Final = 60.0
_REDIS_SECONDS = 3.0
_CLOSED_UNTIL = 0.9  # of its limit, see lua/lib/admission.lua
_LIMITS = ("queue-depth", "redis-memory", "disk")
_REFUSALS = ("queue-depth", "redis-memory", "tenant-documents")
_REQUEUED = ("lost", "returned", "partial", "parts", "retried")
_LOST = ("signal", "exit", "time-limit", "memory", "error", "lease-expired")
_TOKEN_STATES = ("usable", "expired", "revoked")


class LedgerCollector(Collector):
    """Reads everything anew at each scrape, except the tokens, which are counted once a minute.

    Args:
        settings: where Redis and the artifact store are, and the limits of admission.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # One try and a short wait: a scrape that hangs is worse than one that says that Redis is away.
        quick = settings.redis.model_copy(
            update={"socket_timeout_seconds": min(_REDIS_SECONDS, settings.redis.socket_timeout_seconds)}
        )
        self._ledger = connect(quick, quick.ledger_db, retries=0)
        self._broker = connect(quick, quick.broker_db, retries=0)
        self._tokens = TokenStore(self._ledger)
        self._token_counts: Mapping[tuple[str, str], int] = {}
        self._tokens_from = 0.0

    def describe(self) -> Iterable[Metric]:
        """Return nothing: names are known when Redis answers, and registering must not wait for it."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield all of it, or only that Redis is away."""
        started = time.perf_counter()
        disk = self._disk()
        yield from self._disk_metrics(disk)
        try:
            snapshot = take_snapshot(self._ledger, self._settings.queue.lease_seconds)
            lists = self._lists()
            tokens = self._count_tokens()
        except redis.RedisError as error:
            log.warning("ledger not read for metrics", error=str(error))
            yield GaugeMetricFamily("decalogo_ledger_up", "1: Redis answered this scrape.", 0)
            return
        yield GaugeMetricFamily("decalogo_ledger_up", "1: Redis answered this scrape.", 1)
        yield from _queues(snapshot, lists)
        yield from _now(snapshot)
        yield from _ever(snapshot)
        yield from self._admission(snapshot, disk)
        yield _gauge("decalogo_tokens", "Tokens.", ("tier", "state"), tokens)
        spent = time.perf_counter() - started
        yield GaugeMetricFamily("decalogo_ledger_scrape_seconds", "What reading the ledger took.", spent)

    def _lists(self) -> list[int]:
        with self._broker.pipeline(transaction=False) as pipe:
            for name in QUEUES:
                pipe.llen(name)
            pipe.hlen("unacked")
            return [int(answer) for answer in pipe.execute()]

    def _count_tokens(self) -> Mapping[tuple[str, str], int]:
        if time.monotonic() >= self._tokens_from:
            now = time.time()
            counts = Tally({(tier.value, state): 0 for tier in Tier for state in _TOKEN_STATES})
            for token in self._tokens.list():
                state = "revoked" if token.revoked else "usable" if token.usable(now) else "expired"
                counts[token.tier.value, state] += 1
            self._token_counts, self._tokens_from = counts, time.monotonic() + TOKENS_SECONDS
        return self._token_counts

    def _disk(self) -> tuple[int, int] | None:
        """Return free and all bytes of the artifact store's disk, None when it cannot be used."""
        try:
            usage = shutil.disk_usage(self._settings.storage.path)
        except OSError as error:
            log.warning("artifact store not read for metrics", error=str(error))
            return None
        return usage.free, usage.total

    def _disk_metrics(self, disk: tuple[int, int] | None) -> Iterator[Metric]:
        if disk:
            free, size = disk
            yield GaugeMetricFamily("decalogo_artifacts_free_bytes", "Free disk under the artifact store.", free)
            yield GaugeMetricFamily("decalogo_artifacts_disk_bytes", "Size of the artifact store's disk.", size)
        yield GaugeMetricFamily(
            "decalogo_artifacts_min_free_bytes",
            "Uploads are refused below this much free disk.",
            self._settings.storage.min_free_bytes,
        )

    def _admission(self, seen: Snapshot, disk: tuple[int, int] | None) -> Iterator[Metric]:
        queue = self._settings.queue
        closed = dict.fromkeys(_LIMITS, 0)
        # What the next upload would meet: the note of a closed admission stays until one asks.
        depth = queue.max_depth * (_CLOSED_UNTIL if seen.closed == "queue-depth" else 1)
        share = queue.max_memory_share * (_CLOSED_UNTIL if seen.closed == "redis-memory" else 1)
        closed["queue-depth"] = int(sum(seen.depths.values()) + 1 > depth)
        closed["redis-memory"] = int(seen.memory_max > 0 and seen.memory_used > share * seen.memory_max)
        closed["disk"] = int(disk is None or disk[0] < self._settings.storage.min_free_bytes)
        yield GaugeMetricFamily("decalogo_admission_open", "1: uploads are taken.", int(not any(closed.values())))
        yield _gauge("decalogo_admission_closed", "1: this limit closes it.", ("reason",), closed)
        yield GaugeMetricFamily(
            "decalogo_admission_depth_limit_documents",
            "Queued documents past which uploads are refused.",
            queue.max_depth,
        )
        yield GaugeMetricFamily(
            "decalogo_admission_memory_limit_bytes",
            "Memory of Redis past which uploads are refused.",
            queue.max_memory_share * seen.memory_max,
        )


def _queues(seen: Snapshot, lists: list[int]) -> Iterator[Metric]:
    *messages, unacked = lists
    yield _gauge("decalogo_queue_documents", "Documents waiting, by the ledger.", ("queue",), seen.depths)
    yield _gauge("decalogo_queue_oldest_seconds", "How long the oldest waits.", ("queue",), seen.oldest_seconds)
    yield _gauge(
        "decalogo_queue_messages", "Messages in the list.", ("queue",), dict(zip(QUEUES, messages, strict=True))
    )
    yield GaugeMetricFamily("decalogo_queue_unacked_messages", "Messages taken and not acknowledged.", unacked)


def _now(seen: Snapshot) -> Iterator[Metric]:
    yield GaugeMetricFamily("decalogo_documents_running", "Documents with a lease.", seen.running)
    yield GaugeMetricFamily("decalogo_leases_expired", "Leases that have ended.", seen.expired)
    yield GaugeMetricFamily("decalogo_dead_letters", "Documents given up, on the list.", seen.dead)
    yield GaugeMetricFamily("decalogo_workers_alive", "Workers heard of within three leases.", seen.alive)
    yield _gauge("decalogo_host_workers_alive", "Of them, by host.", ("host",), seen.hosts)
    yield GaugeMetricFamily("decalogo_workers_silent", "Workers heard of only before.", seen.silent)
    yield GaugeMetricFamily("decalogo_batches_unfinished", "Batches not finished.", seen.open_batches)
    yield GaugeMetricFamily("decalogo_webhooks_pending", "Webhooks still to be delivered.", seen.webhooks)
    yield GaugeMetricFamily("decalogo_redis_memory_used_bytes", "Memory Redis uses.", seen.memory_used)
    yield GaugeMetricFamily("decalogo_redis_memory_max_bytes", "Redis' maxmemory; 0 is none.", seen.memory_max)
    if seen.health_check:
        yield GaugeMetricFamily(
            "decalogo_health_check_timestamp_seconds", "When a worker last did the health task.", seen.health_check
        )


def _ever(seen: Snapshot) -> Iterator[Metric]:
    def by(label: str, values: Iterable[str], prefix: str = "") -> tuple[tuple[str], dict[str, int]]:
        return (label,), {value: seen.totals.get(prefix + value, 0) for value in values}

    def plain(name: str) -> tuple[tuple[()], dict[tuple[()], int]]:
        return (), {(): seen.totals.get(name, 0)}

    yield _counter("decalogo_batches_accepted", "Batches recorded.", *plain("batches"))
    yield _counter("decalogo_batches_finished", "Batches that finished.", *plain("batches-finished"))
    yield _counter("decalogo_documents_accepted", "Documents recorded.", *plain("accepted"))
    ended = by("state", sorted(TERMINAL))
    yield _counter("decalogo_documents_finished", "Documents that reached a state.", *ended)
    yield _counter("decalogo_documents_requeued", "Back into the queue.", *by("reason", _REQUEUED, "requeued:"))
    yield _counter("decalogo_attempts", "Attempts started.", *plain("attempts"))
    yield _counter("decalogo_attempts_lost", "Attempts without an answer.", *by("reason", _LOST, "lost:"))
    yield _counter("decalogo_redeliveries", "Messages for documents not waiting.", *plain("redelivered"))
    yield _counter("decalogo_fenced_answers", "Answers that came too late.", *plain("fenced"))
    yield _counter("decalogo_documents_republished", "Messages sent again.", *plain("republished"))
    refused = by("reason", _REFUSALS, "rejected:")
    yield _counter("decalogo_admission_refusals", "Uploads refused by the ledger.", *refused)


Labelled = Mapping[Any, float]  # keys are one label's value, or a tuple of several


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    return _fill(GaugeMetricFamily(name, text, labels=labels), values)


def _counter(name: str, text: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    return _fill(CounterMetricFamily(name, text, labels=labels), values)


def _fill(family: GaugeMetricFamily | CounterMetricFamily, values: Labelled) -> Metric:
    for labels, value in values.items():
        family.add_metric([labels] if isinstance(labels, str) else list(labels), value)
    return family
