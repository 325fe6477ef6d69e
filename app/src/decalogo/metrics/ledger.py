"""Metrics of ledger, broker and disk at the time of the scrape; only schedulers expose them."""

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
_CLOSED_UNTIL = 0.9  # share of a limit below which closed admission opens again; see lua/lib/admission.lua
_LIMITS = ("queue-depth", "redis-memory", "disk")
_REJECTIONS = ("queue-depth", "redis-memory", "tenant-documents", "stored-documents", "stored-bytes")
_REQUEUED = ("lost", "returned", "partial", "parts", "retried")
_LOST = ("signal", "exit", "time-limit", "error", "lease-expired")
_TOKEN_STATES = ("usable", "expired", "revoked")


class LedgerCollector(Collector):
    """Collector that reads everything at each scrape, except the number of tokens, which it updates once per minute.

    Args:
        settings: Redis, artifact store and admission limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # One attempt with a short timeout: a scrape that hangs is worse than one that reports an unreachable Redis.
        quick = settings.redis.model_copy(
            update={"socket_timeout_seconds": min(_REDIS_SECONDS, settings.redis.socket_timeout_seconds)}
        )
        self._ledger = connect(quick, quick.ledger_db, retries=0)
        self._broker = connect(quick, quick.broker_db, retries=0)
        self._tokens = TokenStore(self._ledger)
        self._token_counts: Mapping[tuple[str, str], int] = {}
        self._tokens_from = 0.0

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registering the collector does not wait for Redis."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; without Redis only its unavailability and those of the disk."""
        started = time.perf_counter()
        disk = self._disk()
        yield from self._disk_metrics(disk)
        try:
            snapshot = take_snapshot(self._ledger, self._settings.queue.lease_seconds)
            lists = self._lists()
            tokens = self._count_tokens()
        except redis.RedisError as error:
            log.warning("ledger not read for metrics", error=str(error))
            yield GaugeMetricFamily("decalogo_ledger_up", "1: Redis replied to this scrape.", 0)
            return
        yield GaugeMetricFamily("decalogo_ledger_up", "1: Redis replied to this scrape.", 1)
        yield from _queues(snapshot, lists)
        yield from _current(snapshot)
        yield from _totals(snapshot)
        yield from self._expiry(snapshot)
        yield from self._admission(snapshot, disk)
        yield _gauge("decalogo_tokens", "Tokens.", ("tier", "state"), tokens)
        spent = time.perf_counter() - started
        yield GaugeMetricFamily("decalogo_ledger_scrape_duration_seconds", "Time to read the ledger.", spent)

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
        """Return free and total bytes of the disk of the artifact store; None when it is not usable."""
        try:
            usage = shutil.disk_usage(self._settings.storage.path)
        except OSError as error:
            log.warning("artifact store not read for metrics", error=str(error))
            return None
        return usage.free, usage.total

    def _disk_metrics(self, disk: tuple[int, int] | None) -> Iterator[Metric]:
        if disk:
            free, size = disk
            yield GaugeMetricFamily("decalogo_artifacts_free_bytes", "Free disk space of the artifact store.", free)
            yield GaugeMetricFamily("decalogo_artifacts_disk_bytes", "Size of the disk of the artifact store.", size)
        yield GaugeMetricFamily(
            "decalogo_artifacts_min_free_bytes",
            "Free disk space below which uploads are rejected.",
            self._settings.storage.min_free_bytes,
        )

    def _expiry(self, seen: Snapshot) -> Iterator[Metric]:
        days = self._settings.storage.retention_days
        if seen.first_finished and days:
            yield GaugeMetricFamily(
                "decalogo_batch_next_expiry_timestamp_seconds",
                "Time at which the oldest finished batch is deleted.",
                seen.first_finished + days * 86_400,
            )

    def _admission(self, seen: Snapshot, disk: tuple[int, int] | None) -> Iterator[Metric]:
        queue = self._settings.queue
        closed = dict.fromkeys(_LIMITS, 0)
        # State that the next upload would find. The recorded state of a closed admission changes only with an upload.
        depth = queue.max_depth * (_CLOSED_UNTIL if seen.closed == "queue-depth" else 1)
        share = queue.max_memory_share * (_CLOSED_UNTIL if seen.closed == "redis-memory" else 1)
        closed["queue-depth"] = int(sum(seen.depths.values()) + 1 > depth)
        closed["redis-memory"] = int(seen.memory_max > 0 and seen.memory_used > share * seen.memory_max)
        closed["disk"] = int(disk is None or disk[0] < self._settings.storage.min_free_bytes)
        yield GaugeMetricFamily("decalogo_admission_open", "1: uploads are accepted.", int(not any(closed.values())))
        yield _gauge("decalogo_admission_closed", "1: this limit closes admission.", ("reason",), closed)
        yield GaugeMetricFamily(
            "decalogo_admission_depth_limit_documents",
            "Number of queued documents above which uploads are rejected.",
            queue.max_depth,
        )
        yield GaugeMetricFamily(
            "decalogo_admission_memory_limit_bytes",
            "Redis memory above which uploads are rejected.",
            queue.max_memory_share * seen.memory_max,
        )


def _queues(seen: Snapshot, lists: list[int]) -> Iterator[Metric]:
    *messages, unacked = lists
    yield _gauge("decalogo_queue_documents", "Queued documents, by the ledger.", ("queue",), seen.depths)
    yield _gauge("decalogo_queue_oldest_age_seconds", "Age of the oldest document.", ("queue",), seen.oldest_seconds)
    yield _gauge(
        "decalogo_queue_messages",
        "Messages in the broker.",
        ("queue",),
        dict(zip(QUEUES, messages, strict=True)),
    )
    yield GaugeMetricFamily("decalogo_queue_unacked_messages", "Messages delivered and not acknowledged.", unacked)


def _current(seen: Snapshot) -> Iterator[Metric]:
    yield GaugeMetricFamily("decalogo_documents_running", "Documents with a lease.", seen.running)
    yield GaugeMetricFamily("decalogo_leases_expired", "Leases that have expired.", seen.expired)
    yield GaugeMetricFamily("decalogo_dead_letters", "Documents in the list of dead letters.", seen.dead)
    yield GaugeMetricFamily("decalogo_workers_alive", "Workers with a heartbeat within three leases.", seen.alive)
    yield _gauge("decalogo_host_workers_alive", "Live workers by host.", ("host",), seen.hosts)
    yield GaugeMetricFamily("decalogo_workers_silent", "Workers without a heartbeat for three leases.", seen.silent)
    yield GaugeMetricFamily("decalogo_batches_unfinished", "Unfinished batches.", seen.open_batches)
    yield GaugeMetricFamily("decalogo_webhooks_pending", "Webhooks to be delivered.", seen.webhooks)
    yield GaugeMetricFamily("decalogo_stored_documents", "Documents that are not deleted.", sum(seen.stored))
    yield GaugeMetricFamily("decalogo_stored_bytes", "Size of their files.", sum(seen.stored_bytes))
    largest = max(seen.stored, default=0), max(seen.stored_bytes, default=0)
    yield GaugeMetricFamily("decalogo_tenant_stored_documents_max", "Most documents of one tenant.", largest[0])
    yield GaugeMetricFamily("decalogo_tenant_stored_bytes_max", "Most bytes of one tenant.", largest[1])
    yield GaugeMetricFamily("decalogo_redis_memory_used_bytes", "Memory used by Redis.", seen.memory_used)
    yield GaugeMetricFamily("decalogo_redis_memory_max_bytes", "Redis maxmemory; 0: none.", seen.memory_max)
    if seen.health_check:
        yield GaugeMetricFamily(
            "decalogo_health_check_timestamp_seconds",
            "Last execution of the health task.",
            seen.health_check,
        )


def _totals(seen: Snapshot) -> Iterator[Metric]:
    def by(label: str, values: Iterable[str], prefix: str = "") -> tuple[tuple[str], dict[str, int]]:
        return (label,), {value: seen.totals.get(prefix + value, 0) for value in values}

    def plain(name: str) -> tuple[tuple[()], dict[tuple[()], int]]:
        return (), {(): seen.totals.get(name, 0)}

    yield _counter("decalogo_batches_accepted", "Batches accepted.", *plain("batches"))
    yield _counter("decalogo_batches_finished", "Batches finished.", *plain("batches-finished"))
    yield _counter("decalogo_documents_accepted", "Documents accepted.", *plain("accepted"))
    ended = by("state", sorted(TERMINAL))
    yield _counter("decalogo_documents_finished", "Documents that reached a state.", *ended)
    yield _counter("decalogo_documents_requeued", "Documents queued again.", *by("reason", _REQUEUED, "requeued:"))
    yield _counter("decalogo_attempts", "Attempts started.", *plain("attempts"))
    yield _counter("decalogo_attempts_lost", "Attempts without a result.", *by("reason", _LOST, "lost:"))
    yield _counter("decalogo_redeliveries", "Messages that found nothing to claim.", *plain("redelivered"))
    yield _counter("decalogo_fenced_results", "Results that came too late.", *plain("fenced"))
    yield _counter("decalogo_documents_republished", "Messages published again.", *plain("republished"))
    refused = by("reason", _REJECTIONS, "rejected:")
    yield _counter("decalogo_admission_rejections", "Uploads rejected by the ledger.", *refused)


Labelled = Mapping[Any, float]  # keys: the value of one label, or a tuple of several


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    return _fill(GaugeMetricFamily(name, text, labels=labels), values)


def _counter(name: str, text: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    return _fill(CounterMetricFamily(name, text, labels=labels), values)


def _fill(family: GaugeMetricFamily | CounterMetricFamily, values: Labelled) -> Metric:
    for labels, value in values.items():
        family.add_metric([labels] if isinstance(labels, str) else list(labels), value)
    return family
