"""The dashboard *Edge*: what users ask and what they get."""

from __future__ import annotations

from panels import Board, Panel, quantiles, thresholds

BOARD = Board(
    "edge",
    "Edge",
    "What users ask and what they get.",
    [
        Panel(
            "Requests by status",
            "Requests a second at the edge, for the API.",
            "reqps",
            [('sum by (status) (rate(edge_requests_total{area="api"}[5m]))', "{{status}}")],
            "ApiErrorsFast",
        ),
        Panel(
            "Errors",
            "Share of requests that got a 5xx, over several spans.",
            "percentunit",
            [(f"decalogo:edge_errors:ratio{span}", span) for span in ("5m", "1h", "6h")],
            "ApiErrorsSlow",
            thresholds()["API_ERROR_BUDGET"],
        ),
        Panel(
            "Refused by limits",
            "Requests a second that a limit by address refused.",
            "reqps",
            [('sum by (area) (rate(edge_requests_total{limiter=~"REJECTED.*"}[5m])) or vector(0)', "{{area}}")],
            "edge",
        ),
        Panel(
            "Refusals by problem",
            "Answers of the API that were a problem, a second.",
            "reqps",
            [("sum by (problem) (rate(decalogo_http_problems_total[5m])) or vector(0)", "{{problem}}")],
            "ApiErrorsFast",
        ),
        Panel(
            "Latency by route",
            "95th percentile at the API.",
            "s",
            [
                (
                    "histogram_quantile(0.95, sum by (route, le) (rate(decalogo_http_request_seconds_bucket[5m])))",
                    "{{route}}",
                )
            ],
            "ApiSlow",
            thresholds()["API_SECONDS"],
        ),
        Panel(
            "Latency at the edge",
            "Median and 95th percentile, network to the caller included.",
            "s",
            quantiles("edge_request_seconds", "area", window="5m"),
            "ApiSlow",
        ),
        Panel(
            "Bytes",
            "In and out at the edge.",
            "Bps",
            [("sum(rate(edge_received_bytes_total[5m]))", "in"), ("sum(rate(edge_sent_bytes_total[5m]))", "out")],
            "host",
        ),
        Panel(
            "Failed logins",
            "Requests a second without a valid token, by what was wrong.",
            "reqps",
            [("sum by (reason) (rate(decalogo_auth_failures_total[5m])) or vector(0)", "{{reason}}")],
            "ApiErrorsFast",
        ),
        Panel(
            "Use by tier",
            "Requests with a valid token a second, by tier.",
            "reqps",
            [("sum by (tier) (rate(decalogo_token_requests_total[5m]))", "{{tier}}")],
            "overview",
        ),
        Panel(
            "Uploads",
            "Documents taken in an hour, by tier.",
            "short",
            [("3600 * sum by (tier) (rate(decalogo_upload_documents_total[5m]))", "{{tier}}")],
            "overview",
        ),
        Panel(
            "Certificate",
            "Days the certificate at the edge is still valid.",
            "d",
            [("(probe_ssl_earliest_cert_expiry - time()) / 86400", "valid")],
            "CertificateExpiring",
            thresholds()["CERTIFICATE_DAYS"],
            low=True,
        ),
        Panel(
            "TLS",
            "Requests a second by version; - is plain HTTP, which is redirected.",
            "reqps",
            [("sum by (version) (rate(edge_tls_requests_total[5m]))", "{{version}}")],
            "edge",
        ),
    ],
)
