"""The dashboard *Documents*: outcomes and processing time."""

from __future__ import annotations

from panels import Board, Panel, quantiles

BOARD = Board(
    "documents",
    "Documents",
    "Outcomes and processing time of documents.",
    [
        Panel(
            "Finished",
            "Documents per hour by final state.",
            "short",
            [("3600 * sum by (state) (decalogo:documents_finished:rate5m)", "{{state}}")],
            "ErrorRatio",
        ),
        Panel(
            "Failures by problem",
            "Failed documents per hour by the problem that their submitter sees.",
            "short",
            [("3600 * sum by (problem) (rate(decalogo_document_failures_total[15m])) or vector(0)", "{{problem}}")],
            "ErrorRatio",
        ),
        Panel(
            "Processing time",
            "Time from claim to recorded result.",
            "s",
            quantiles("decalogo_document_duration_seconds", "outcome"),
            "ThroughputLow",
        ),
        Panel(
            "Time by stage",
            "95th percentile of the time in each stage.",
            "s",
            [("decalogo:stage_seconds:p95_15m", "{{stage}}")],
            "ThroughputLow",
        ),
        Panel(
            "Processes by stage",
            "Busy worker processes by the stage that they are in.",
            "short",
            [("sum by (stage) (rate(decalogo_stage_duration_seconds_sum[5m]))", "{{stage}}")],
            "ThroughputLow",
        ),
        Panel(
            "Slowest documents",
            "99th percentile of the processing time in the last hour, by outcome.",
            "s",
            [
                (
                    "histogram_quantile(0.99, sum by (outcome, le) "
                    "(rate(decalogo_document_duration_seconds_bucket[1h])))",
                    "{{outcome}}",
                )
            ],
            "ThroughputLow",
        ),
        Panel(
            "Pages",
            "Pages per document with a result: median and 95th percentile.",
            "short",
            [
                (f"histogram_quantile({q}, sum by (le) (rate(decalogo_document_pages_bucket[1h])))", f"p{q * 100:.0f}")
                for q in (0.5, 0.95)
            ],
            "overview",
        ),
        Panel(
            "Size",
            "Size of documents with a result: median and 95th percentile.",
            "bytes",
            [
                (f"histogram_quantile({q}, sum by (le) (rate(decalogo_document_bytes_bucket[1h])))", f"p{q * 100:.0f}")
                for q in (0.5, 0.95)
            ],
            "overview",
        ),
        Panel(
            "Evaluators",
            "Finished attempts per hour by evaluator and outcome.",
            "short",
            [
                (
                    "3600 * sum by (evaluator, outcome) (rate(decalogo_worker_documents_total[5m]))",
                    "{{evaluator}} {{outcome}}",
                )
            ],
            "ErrorRatio",
        ),
        Panel(
            "Lost attempts by reason",
            "Lost attempts per hour: died (process), time-limit, error, silent (the lease expired).",
            "short",
            [
                (
                    "3600 * sum by (reason) (decalogo:attempts_lost:rate5m) or vector(0)",
                    "{{reason}}",
                )
            ],
            "RedeliveryStorm",
        ),
        Panel(
            "Dead letters",
            "Documents that were given up and are still listed.",
            "short",
            [("max(decalogo_dead_letters)", "dead")],
            "DeadLetters",
            1,
        ),
        Panel(
            "Requeued",
            "Documents requeued in the last hour, by reason.",
            "short",
            [
                (
                    "max by (reason) (increase(decalogo_documents_requeued_total[1h])) or vector(0)",
                    "{{reason}}",
                )
            ],
            "RedeliveryStorm",
        ),
    ],
)
