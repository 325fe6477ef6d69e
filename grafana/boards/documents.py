"""The dashboard *Documents*: outcomes and processing time."""

from __future__ import annotations

from colours import ATTENTION, BAD
from panels import WINDOW, Board, Panel, or_none, quantiles

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
            meaning="state",
        ),
        Panel(
            "Failures by problem",
            "Failed documents per hour by the problem that their submitter sees.",
            "short",
            [
                (
                    or_none(f"3600 * sum by (problem) (rate(decalogo_document_failures_total[{WINDOW}]))", "problem"),
                    "{{problem}}",
                )
            ],
            "ErrorRatio",
            tint=BAD,
        ),
        Panel(
            "Processing time",
            "Time from claim to recorded result.",
            "s",
            quantiles("decalogo_document_duration_seconds", "outcome"),
            "ThroughputLow",
            meaning="outcome",
        ),
        Panel(
            "Time by stage",
            "95th percentile of the time in each stage.",
            "s",
            [("decalogo:stage_seconds:p95_15m", "{{stage}}")],
            "ThroughputLow",
            meaning="stage",
        ),
        Panel(
            "Processes by stage",
            "Busy worker processes by the stage that they are in.",
            "short",
            [(f"sum by (stage) (rate(decalogo_stage_duration_seconds_sum[{WINDOW}]))", "{{stage}}")],
            "ThroughputLow",
            meaning="stage",
        ),
        Panel(
            "Slowest documents",
            "99th percentile of the processing time, by outcome.",
            "s",
            [
                (
                    "histogram_quantile(0.99, sum by (outcome, le) "
                    f"(rate(decalogo_document_duration_seconds_bucket[{WINDOW}])))",
                    "{{outcome}}",
                )
            ],
            "ThroughputLow",
            meaning="outcome",
        ),
        Panel(
            "Pages",
            "Pages per document with a result: median and 95th percentile.",
            "short",
            [
                (
                    f"histogram_quantile({q}, sum by (le) (rate(decalogo_document_pages_bucket[{WINDOW}])))",
                    f"p{q * 100:.0f}",
                )
                for q in (0.5, 0.95)
            ],
            "overview",
        ),
        Panel(
            "Size",
            "Size of documents with a result: median and 95th percentile.",
            "bytes",
            [
                (
                    f"histogram_quantile({q}, sum by (le) (rate(decalogo_document_bytes_bucket[{WINDOW}])))",
                    f"p{q * 100:.0f}",
                )
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
                    f"3600 * sum by (evaluator, outcome) (rate(decalogo_worker_documents_total[{WINDOW}]))",
                    "{{evaluator}} {{outcome}}",
                )
            ],
            "ErrorRatio",
            meaning="outcome",
        ),
        Panel(
            "Lost attempts by reason",
            "Lost attempts per hour: signal and exit (the process died), memory, time-limit, error, lease-expired.",
            "short",
            [
                (
                    "3600 * sum by (reason) (decalogo:attempts_lost:rate5m)",
                    "{{reason}}",
                )
            ],
            "RedeliveryStorm",
            tint=BAD,
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
            "Documents requeued per hour, by reason.",
            "short",
            [
                (
                    f"3600 * max by (reason) (rate(decalogo_documents_requeued_total[{WINDOW}]))",
                    "{{reason}}",
                )
            ],
            "RedeliveryStorm",
            tint=ATTENTION,
        ),
    ],
)
