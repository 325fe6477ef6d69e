"""Scrapes of a service, as Prometheus does them."""

from __future__ import annotations

from collections.abc import Iterable

import httpx
from prometheus_client.parser import text_string_to_metric_families


class Scrape:
    """Samples of one scrape."""

    def __init__(self, text: str) -> None:
        self.families = list(text_string_to_metric_families(text))
        self._values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families
            for sample in family.samples
        }

    def get(self, name: str, default: float | None = None, **labels: str) -> float | None:
        """Return the value of one sample."""
        return self._values.get((name, frozenset(labels.items())), default)

    def total(self, name: str, **labels: str) -> float:
        """Return the sum of all samples with this name and these labels."""
        wanted = set(labels.items())
        return sum(value for (known, has), value in self._values.items() if known == name and wanted <= has)

    def label(self, name: str, label: str) -> set[str]:
        """Return all values of a label."""
        return {dict(has)[label] for known, has in self._values if known == name}


def scrape(port: int) -> Scrape:
    """Return the samples of ``/metrics`` on a local port."""
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60, trust_env=False)
    answer.raise_for_status()
    return Scrape(answer.text)


def names(families: Iterable[object]) -> set[str]:
    """Return the names of families as the documentation writes them: a counter with its ``_total``."""
    return {f.name + ("_total" if f.type == "counter" else "") for f in families}  # type: ignore[attr-defined]
