"""The colours of series by their meaning, the same on every dashboard.

Green is a good result, yellow one that needs attention, red a fault. Blue and purple carry no judgement.
"""

from __future__ import annotations

GOOD, ATTENTION, BAD, WORST, NEUTRAL, OTHER, FAINT = "green", "yellow", "red", "dark-red", "blue", "purple", "#8e8e8e"

# By label, the colour of each of its values. A value that begins with ^ is the beginning of a regular expression.
BY_LABEL: dict[str, dict[str, str]] = {
    "state": {"succeeded": GOOD, "partial": ATTENTION, "failed": BAD, "dead": WORST, "cancelled": FAINT},
    "outcome": {"succeeded": GOOD, "partial": ATTENTION, "failed": BAD, "fenced": OTHER},
    "pass": {"ok": GOOD, "done": GOOD, "error": BAD, "failed": BAD, "unreachable": BAD},
    "status": {"^2": GOOD, "^3": NEUTRAL, "^4": ATTENTION, "^5": BAD},
    "tier": {"standard": NEUTRAL, "premium": OTHER},
    "queue": {
        "decalogo_batch_tasks": NEUTRAL,
        "high_priority": "dark-blue",
        "low_priority": "super-light-blue",
        "large": OTHER,
        "scans": "light-purple",
        "slow": "dark-purple",
        "suspect": "orange",
    },
    "stage": {
        "extract": NEUTRAL,
        "score": OTHER,
        "claim": "super-light-blue",
        "finish": "light-purple",
        "store": "dark-blue",
        "recognise": "orange",
    },
    "mode": {"user": NEUTRAL, "system": OTHER, "nice": "super-light-blue", "iowait": "orange", "steal": BAD},
}
# Series with a fixed name.
BY_NAME: dict[str, str] = {
    "queued": NEUTRAL,
    "running": GOOD,
    "busy": NEUTRAL,
    "alive": GOOD,
    "silent": BAD,
    "dead": WORST,
    "lost": BAD,
    "expired": BAD,
    "leases": GOOD,
    "failed or dead": BAD,
    "free": GOOD,
    "available": GOOD,
    "used": NEUTRAL,
    "uploads rejected below": BAD,
    "cores": FAINT,
    "none": FAINT,
    "p50": "super-light-blue",
    "p95": NEUTRAL,
    "5m": "super-light-red",
    "1h": BAD,
    "6h": WORST,
    "in": NEUTRAL,
    "out": OTHER,
    "accept": NEUTRAL,
    "publish": OTHER,
    "load": OTHER,
}
