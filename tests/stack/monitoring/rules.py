"""The alert rules and the cases that try them, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from appliance import REPOSITORY

ALERTS = REPOSITORY / "config/prometheus/rules/alerts.yaml"
RECORDINGS = REPOSITORY / "config/prometheus/rules/recording.yaml"
CASES: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text())


def rules_of(file: Path) -> list[dict[str, Any]]:
    """Return the rules of a file, in its order."""
    return [rule for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


def promtool_file() -> str:
    """Return every case in promtool's own form; the rules are where `fill-in` writes them."""
    tests = []
    for alert, case in CASES.items():
        for kind in ("fires", "quiet"):
            query = f'count by (alertname) (ALERTS{{alertname="{alert}",alertstate="firing"}})'
            # One kind of alert may fire for several reasons. Only the fact that it fires counts.
            expected = [{"labels": f'{{alertname="{alert}"}}', "value": 1}] if kind == "fires" else []
            tests.append(
                {
                    "name": f"{alert} {kind}",
                    "interval": "1m",
                    "input_series": [{"series": name, "values": values} for name, values in case[kind].items()],
                    "promql_expr_test": [{"expr": query, "eval_time": f"{case['at']}m", "exp_samples": expected}],
                }
            )
    files = ["/tmp/prometheus/recording.yaml", "/tmp/prometheus/alerts.yaml"]
    return yaml.safe_dump({"rule_files": files, "evaluation_interval": "1m", "tests": tests}, width=10_000)
