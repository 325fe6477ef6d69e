"""docs/reference/metrics.md lists every metric with its type and labels, and no other."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import Metric

from decalogo.metrics import api, exposition, scheduler, worker
from decalogo.metrics.exposition import new_registry
from decalogo.metrics.ledger import LedgerCollector
from decalogo.metrics.record import Family
from decalogo.settings import Settings

PAGE = Path(__file__).parents[3] / "docs/reference/metrics.md"
ROW = re.compile(r"^\| `(decalogo_\w+)` \| (\w+) \| ([^|]*)\|", re.MULTILINE)


def documented() -> dict[str, tuple[str, frozenset[str]]]:
    return {
        name: (kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in ROW.findall(PAGE.read_text())
    }


def observed() -> Iterator[tuple[str, tuple[str, frozenset[str]]]]:
    """Yield the families of processes, all of which are declared before the first observation."""
    for families in (api.families, worker.families, scheduler.families):
        for family in families(CollectorRegistry()).values():
            yield _declared(family)


def _declared(family: Family) -> tuple[str, tuple[str, frozenset[str]]]:
    (metric,) = family.describe()
    name = metric.name + ("_total" if metric.type == "counter" else "")
    return name, (metric.type, frozenset(family._labelnames))


def collected(metrics: Iterator[Metric]) -> Iterator[tuple[str, tuple[str, frozenset[str]]]]:
    for metric in metrics:
        name = metric.name + ("_total" if metric.type == "counter" else "")
        yield name, (metric.type, frozenset(label for sample in metric.samples for label in sample.labels))


def test_the_table_lists_the_exposed_metrics(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from decalogo.connections import connect

    (tmp_path / "packages-date").write_text("2026-01-01T00:00:00Z")
    monkeypatch.setattr(exposition, "PACKAGES_DATE", tmp_path / "packages-date")  # as in an image
    ledger = connect(settings.redis, settings.redis.ledger_db)
    ledger.set("health_check:last", 1)
    ledger.zadd("workers", {"worker@x": time.time()})
    ledger.zadd("finished", {"batch_x": time.time()})
    settings.storage.path.mkdir()
    worker.heartbeat.beat()
    shown = dict(observed())
    shown |= dict(collected(LedgerCollector(settings).collect()))
    shown |= dict(collected(worker.Processes().collect()))
    streams = Gauge("streams", "For the test.", ["pid"], registry=None)
    shown |= dict(collected(api.Processes(streams).collect()))
    shown |= {name: kind for name, kind in collected(new_registry("x")[0].collect()) if name.startswith("decalogo_")}
    known = documented()
    # Without a child there is no sample to read the label from.
    for name in ("decalogo_worker_process_resident_bytes", "decalogo_api_process_resident_bytes"):
        assert known[name] == ("gauge", frozenset({"process"}))
        assert shown.pop(name) == ("gauge", frozenset())
        known.pop(name)
    assert shown == known


def test_names_follow_the_conventions_of_prometheus() -> None:
    for name, (kind, labels) in documented().items():
        assert re.fullmatch(r"decalogo(_[a-z]+)+", name)
        assert name.endswith("_total") == (kind == "counter"), name
        assert not labels & {"id", "document_id", "batch_id", "job_id", "token", "tenant", "pid", "instance", "job"}
