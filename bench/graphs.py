"""Draw the main graphs of docs/how-to/monitor.md from a running Prometheus.

Run it after a batch: ``bench/graphs.py --url "$(./appliance url)" --login "$(./appliance operator)" --minutes 30``.
The certificate is not verified: it draws what the machine at hand measured.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.dates import DateFormatter

ROOT = Path(__file__).parents[1]
GRAPHS = {
    "overview": ("Pace", "Queue", "Use of workers", "Oldest document"),
    "documents": ("Time by stage", "Ended"),
    "edge": ("Requests by status", "Latency at the edge"),
    "redis-queue": ("Memory", "Commands"),
}


def series(http: httpx.Client, expression: str, minutes: int) -> list[dict[str, Any]]:
    """Return the series of an expression over the last minutes."""
    now = time.time()
    span = {"start": now - 60 * minutes, "end": now, "step": max(5, minutes * 60 // 300)}
    answer = http.get("/prometheus/api/v1/query_range", params={"query": expression, **span})
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["data"]["result"]
    return found


def draw(http: httpx.Client, board: str, titles: tuple[str, ...], minutes: int, target: Path) -> None:
    """Write one picture of a dashboard's panels, with the queries of the dashboard itself."""
    panels = {
        one["title"]: one for one in json.loads((ROOT / f"grafana/dashboards/{board}.json").read_text())["panels"]
    }
    figure, axes = plt.subplots(1, len(titles), figsize=(4.2 * len(titles), 2.6), constrained_layout=True)
    for axis, title in zip(axes, titles, strict=True):
        for query in panels[title]["targets"]:
            expression = query["expr"].replace("$worker", ".*").replace("$queue", ".*")
            for one in series(http, expression, minutes):
                times = [datetime.fromtimestamp(float(at), UTC) for at, _ in one["values"]]
                labels = {key: value for key, value in one["metric"].items() if key != "__name__"}
                legend = query["legendFormat"]
                for key, value in labels.items():
                    legend = legend.replace("{{" + key + "}}", value)
                axis.plot(times, [float(value) for _, value in one["values"]], linewidth=1, label=legend)
        axis.set_title(f"{title} ({panels[title]['fieldConfig']['defaults']['unit']})", fontsize=9)
        axis.set_ylim(bottom=0)
        axis.xaxis.set_major_formatter(DateFormatter("%H:%M"))
        axis.tick_params(labelsize=7)
        axis.grid(alpha=0.3)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(fontsize=6)
    figure.savefig(target / f"{board}.png", dpi=80)
    plt.close(figure)


def main() -> None:
    """Draw every graph into docs/graphs/."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="https://localhost")
    parser.add_argument("--login", required=True, help="user:password of the operators' pages")
    parser.add_argument("--minutes", type=int, default=30)
    options = parser.parse_args()
    target = ROOT / "docs/graphs"
    target.mkdir(exist_ok=True)
    user, password = options.login.split(":", 1)
    with httpx.Client(base_url=options.url, auth=(user, password), verify=False, timeout=30, trust_env=False) as http:
        for board, titles in GRAPHS.items():
            draw(http, board, titles, options.minutes, target)


if __name__ == "__main__":
    main()
