"""The dashboard *Requests*: requests of users and their responses at nginx and the API."""

from __future__ import annotations

from panels import Board, Panel, quantiles, thresholds

BOARD = Board(
    "edge",
    "Requests",
    "Requests of users and their responses, at nginx and the API.",
    [
        Panel(
            "Requests by status",
            "API requests per second at nginx, by status.",
            "reqps",
            [('sum by (status) (rate(edge_requests_total{area="api"}[5m]))', "{{status}}")],
            "ApiErrorsFast",
        ),
        Panel(
            "Errors",
            "Share of requests with a 5xx response, over several windows.",
            "percentunit",
            [(f"decalogo:edge_errors:ratio{span}", span) for span in ("5m", "1h", "6h")],
            "ApiErrorsSlow",
            thresholds()["API_ERROR_BUDGET"],
        ),
        Panel(
            "Rejected by address limits",
            "Requests per second that exceeded a limit by client address.",
            "reqps",
            [('sum by (area) (rate(edge_requests_total{limiter=~"REJECTED.*"}[5m])) or vector(0)', "{{area}}")],
            "edge",
        ),
        Panel(
            "Errors by problem",
            "Error responses of the API per second, by problem type.",
            "reqps",
            [("sum by (problem) (rate(decalogo_http_problems_total[5m])) or vector(0)", "{{problem}}")],
            "ApiErrorsFast",
        ),
        Panel(
            "Latency by route",
            "95th percentile of the response time of the API.",
            "s",
            [
                (
                    "histogram_quantile(0.95, sum by (route, le) "
                    "(rate(decalogo_http_request_duration_seconds_bucket[5m])))",
                    "{{route}}",
                )
            ],
            "ApiSlow",
            thresholds()["API_SECONDS"],
        ),
        Panel(
            "Latency at nginx",
            "Median and 95th percentile of the response time, including the network to the client.",
            "s",
            quantiles("edge_request_seconds", "area", window="5m"),
            "ApiSlow",
        ),
        Panel(
            "Bytes",
            "Received and sent by nginx.",
            "Bps",
            [("sum(rate(edge_received_bytes_total[5m]))", "in"), ("sum(rate(edge_sent_bytes_total[5m]))", "out")],
            "host",
        ),
        Panel(
            "Failed authentication",
            "Requests per second without a valid token, by reason.",
            "reqps",
            [("sum by (reason) (rate(decalogo_auth_failures_total[5m])) or vector(0)", "{{reason}}")],
            "ApiErrorsFast",
        ),
        Panel(
            "Requests by tier",
            "Requests with a valid token per second, by tier.",
            "reqps",
            [("sum by (tier) (rate(decalogo_token_requests_total[5m]))", "{{tier}}")],
            "overview",
        ),
        Panel(
            "Uploads",
            "Uploaded documents per hour, by tier.",
            "short",
            [("3600 * sum by (tier) (rate(decalogo_upload_documents_total[5m]))", "{{tier}}")],
            "overview",
        ),
        Panel(
            "Certificate",
            "Days until the certificate expires.",
            "d",
            [("(probe_ssl_earliest_cert_expiry - time()) / 86400", "valid")],
            "CertificateExpiring",
            thresholds()["CERTIFICATE_DAYS"],
            low=True,
        ),
        Panel(
            "TLS",
            "Requests per second by TLS version; - is plain HTTP, which is redirected.",
            "reqps",
            [("sum by (version) (rate(edge_tls_requests_total[5m]))", "{{version}}")],
            "edge",
        ),
    ],
)
