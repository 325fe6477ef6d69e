"""The dashboard *Documents*: what happens to a document, and where its time goes."""

from __future__ import annotations

from panels import Board, Panel, quantiles

BOARD = Board(
    "documents",
    "Documents",
    "What happens to a document, and where its time goes.",
    [
        Panel(
            "Ended",
            "Documents an hour by how they ended.",
            "short",
            [("3600 * sum by (state) (decalogo:documents_finished:rate5m)", "{{state}}")],
            "ErrorRatio",
        ),
        Panel(
            "Failures by problem",
            "Documents an hour that failed, by the problem told to their submitter.",
            "short",
            [("3600 * sum by (problem) (rate(decalogo_document_failures_total[15m])) or vector(0)", "{{problem}}")],
            "ErrorRatio",
        ),
        Panel(
            "Time of a document",
            "From claim to recorded answer.",
            "s",
            quantiles("decalogo_document_seconds", "outcome"),
            "ThroughputLow",
        ),
        Panel(
            "Time by stage",
            "Where the time of a document goes, 95th percentile.",
            "s",
            [("decalogo:stage_seconds:p95_15m", "{{stage}}")],
            "ThroughputLow",
        ),
        Panel(
            "Share of stages",
            "Seconds spent in each stage, a second: the height is the number of busy processes.",
            "short",
            [("sum by (stage) (rate(decalogo_stage_seconds_sum[5m]))", "{{stage}}")],
            "ThroughputLow",
        ),
        Panel(
            "Slowest documents",
            "99th percentile of the last hour, by outcome.",
            "s",
            [
                (
                    "histogram_quantile(0.99, sum by (outcome, le) (rate(decalogo_document_seconds_bucket[1h])))",
                    "{{outcome}}",
                )
            ],
            "ThroughputLow",
        ),
        Panel(
            "Pages",
            "Pages of the documents with a result, median and 95th percentile.",
            "short",
            [
                (f"histogram_quantile({q}, sum by (le) (rate(decalogo_document_pages_bucket[1h])))", f"p{q * 100:.0f}")
                for q in (0.5, 0.95)
            ],
            "overview",
        ),
        Panel(
            "Size",
            "Size of the documents with a result, median and 95th percentile.",
            "bytes",
            [
                (f"histogram_quantile({q}, sum by (le) (rate(decalogo_document_bytes_bucket[1h])))", f"p{q * 100:.0f}")
                for q in (0.5, 0.95)
            ],
            "overview",
        ),
        Panel(
            "Evaluators",
            "Attempts ended an hour, by evaluator and outcome.",
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
            "Attempts an hour: died (its process), time-limit, error, silent (its lease ended).",
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
            "Documents given up, still on the list.",
            "short",
            [("max(decalogo_dead_letters)", "dead")],
            "DeadLetters",
            1,
        ),
        Panel(
            "Put back",
            "Documents back into the queue in the last hour, by reason.",
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
