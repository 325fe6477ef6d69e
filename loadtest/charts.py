"""Charts of a report, as PNG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

BAND, MEASURED, PROJECTED, GREY = "#c9c9c9", "#1f77b4", "#ff9f40", "#666666"
plt.rcParams.update(
    {
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.dpi": 110,
        "axes.grid": True,
        "grid.color": "#eeeeee",
        "axes.axisbelow": True,
    }
)


def _save(figure: Any, path: Path) -> Path:
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
    return path


def matrix(report: dict[str, Any], folder: Path) -> Path:
    """Draw the expected band, the measured and the projected throughput of every row."""
    rows = report["rows"]
    figure, axes = plt.subplots(figsize=(9, 0.55 * len(rows) + 1.6))
    for place, row in enumerate(rows):
        low, high = row["row"]["band"]
        axes.plot(
            [low, high],
            [place + 0.2] * 2,
            color=GREY,
            linewidth=7,
            solid_capstyle="butt",
            label="expected band" if not place else None,
        )
        given = row["phases"]["backlog"]["documents_per_hour"]
        axes.plot(
            [given],
            [place],
            "o",
            color=MEASURED,
            markersize=8,
            label=f"measured on {report['host']['cores']} cores" if not place else None,
        )
        axes.annotate(
            f"{given:,.0f}", (given, place), textcoords="offset points", xytext=(7, -3), color=MEASURED, fontsize=8
        )
        if found := row.get("projected"):
            error = [[found["per_hour"] - found["low"]], [found["high"] - found["per_hour"]]]
            axes.errorbar(
                [found["per_hour"]],
                [place - 0.2],
                xerr=error,
                fmt="D",
                color=PROJECTED,
                capsize=3,
                markersize=5,
                label="projected for the cores of the row" if not place else None,
            )
    axes.set_yticks(range(len(rows)), [row["row"]["name"] for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xscale("log")
    pages = rows[0]["phases"]["backlog"].get("pages") or 100
    axes.set_xlabel(f"documents of {pages:.0f} pages per hour")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.13 if len(rows) > 4 else 1.35), ncol=3, frameon=False)
    return _save(figure, folder / "matrix.png")


def course(name: str, phase: dict[str, Any], folder: Path) -> Path:
    """Draw throughput, queue, CPU and memory of one phase over time."""
    series = phase["series"]
    figure, ((top, queue), (cpu, memory)) = plt.subplots(2, 2, figsize=(9.5, 5.2), sharex=True)
    finished, rates = series["finished"], []
    for place, (at, count) in enumerate(finished):
        earlier = [point for point in finished[: place + 1] if point[0] >= at - 20]
        if at - earlier[0][0] > 4:
            rates.append((at, 3600 * (count - earlier[0][1]) / (at - earlier[0][0])))
    top.plot(*zip(*rates, strict=True) if rates else ([], []), color=MEASURED)
    top.set_title("documents per hour (20 s)")
    queue.plot(*zip(*series["queued"], strict=True), label="waiting", color=PROJECTED)
    queue.plot(*zip(*series["running"], strict=True), label="running", color=MEASURED)
    queue.set_title("documents")
    queue.legend(frameon=False)
    largest = sorted(
        (key for key in series if key.startswith("cpu ")), key=lambda key: -sum(v for _, v in series[key])
    )[:6]
    for key in largest:
        cpu.plot(*zip(*series[key], strict=True), label=key[4:])
    cpu.set_title("CPUs used")
    for key in sorted((key for key in series if key.startswith("memory ")), key=lambda key: -series[key][-1][1])[:6]:
        memory.plot(*zip(*series[key], strict=True), label=key[7:])
    memory.set_title("memory, MiB")
    for axes in (top, queue, cpu, memory):
        axes.set_ylim(bottom=0)
    for axes in (cpu, memory):
        axes.set_xlabel("seconds")
        axes.set_ylim(top=1.3 * axes.get_ylim()[1])  # room for the legend
        axes.legend(frameon=False, fontsize=7, ncol=3, loc="upper left")
    return _save(figure, folder / f"{name}.png")


def latencies(report: dict[str, Any], folder: Path) -> Path:
    """Draw upload, status and time to result at a steady rate, for every row."""
    rows = [row for row in report["rows"] if "steady" in row["phases"]]
    figure, panels = plt.subplots(1, 3, figsize=(10, 0.3 * len(rows) + 2.0), sharey=True)
    kinds = (("upload_ms", "upload, ms"), ("status_ms", "status, ms"), ("result_seconds", "upload to result, s"))
    for axes, (kind, title) in zip(panels, kinds, strict=True):
        for place, row in enumerate(rows):
            found = row["phases"]["steady"][kind]
            for share, colour, size in (("p99", BAND, 0.75), ("p95", PROJECTED, 0.5), ("p50", MEASURED, 0.3)):
                axes.barh(place, found.get(share, 0), size, color=colour, label=share if not place else None)
        axes.set_title(title)
    panels[0].set_yticks(range(len(rows)), [row["row"]["name"] for row in rows])
    panels[0].invert_yaxis()
    panels[1].legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncol=3, frameon=False)
    return _save(figure, folder / "latencies.png")


def saturation(found: dict[str, Any], folder: Path) -> Path:
    """Draw throughput and latency of each step of a ramp, and mark the saturation point."""
    steps = found["steps"]
    figure, axes = plt.subplots(figsize=(6, 3.2))
    places = range(len(steps))
    axes.bar(
        places,
        [step["given"] for step in steps],
        color=[MEASURED if s is not found["point"] and s != found["point"] else PROJECTED for s in steps],
    )
    axes.set_ylabel(found["unit"])
    axes.set_xticks(places, [step["name"].removesuffix(" users") for step in steps])
    axes.set_xlabel("concurrent users" if "users" in steps[0]["name"] else "offered rate, share of the maximum")
    other = axes.twinx()
    other.plot(places, [step.get("p95", 0) for step in steps], color=GREY, marker=".")
    other.set_ylabel("p95, " + ("ms" if "second" in found["unit"] else "s"))
    other.set_ylim(bottom=0)
    other.grid(False)
    axes.set_title(
        f"{found['what']}: saturation at {found['point']['given']:,} {found['unit']} (orange); "
        f"bottleneck: {found['bound']}",
        fontsize=9,
    )
    return _save(figure, folder / f"saturation-{found['what'].replace(' ', '-')}.png")


def scaling(points: list[tuple[float, float]], law: Any, laws: list[Any], folder: Path) -> Path:
    """Draw the points, the law through them, and its interval."""
    from decalogo.capacity.usl import interval

    figure, axes = plt.subplots(figsize=(6, 3.4))
    units = [2 ** (n / 4) for n in range(33)]
    bounds = [interval([one.throughput(n) / one.rate for one in laws]) for n in units]
    axes.fill_between(
        units, [low for low, _ in bounds], [high for _, high in bounds], color=BAND, label="90 % of resampled fits"
    )
    axes.plot(units, units, "--", color=GREY, linewidth=0.8, label="proportional")
    axes.plot(units, [law.throughput(n) / law.rate for n in units], color=PROJECTED, label="fitted law")
    axes.plot(*zip(*points, strict=True), "o", color=MEASURED, label="measured")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xlabel("cores (real documents) or worker processes (waiting documents)")
    axes.set_ylabel("speedup")
    axes.legend(frameon=False)
    return _save(figure, folder / "scaling.png")


def sweep(title: str, points: list[tuple[str, float, float]], folder: Path, name: str) -> Path:
    """Draw documents per hour and the p95 of urgent documents for each value of a setting."""
    figure, axes = plt.subplots(figsize=(6, 3.2))
    places = range(len(points))
    axes.bar(places, [rate for _, rate, _ in points], color=MEASURED)
    axes.set_xticks(places, [label for label, _, _ in points])
    axes.set_ylabel("documents per hour")
    other = axes.twinx()
    other.plot(places, [wait for _, _, wait in points], color=PROJECTED, marker="o")
    other.set_ylabel("urgent document, s (orange)")
    other.set_ylim(bottom=0)
    other.grid(False)
    axes.set_title(title)
    return _save(figure, folder / f"{name}.png")
