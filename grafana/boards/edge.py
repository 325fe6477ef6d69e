"""The dashboard *Requests*: requests of users and their responses at nginx and the API."""

from __future__ import annotations

from colours import ATTENTION, BAD
from panels import Board, Panel, or_none, quantiles, thresholds

LATENCY = (
    "histogram_quantile(0.95, sum by (route, le) "
    "(rate(decalogo_http_request_duration_seconds_bucket{{{routes}}}[$__rate_interval])))"
)

BOARD = Board(
    "edge",
    "Requests",
    "Requests of users and their responses, at nginx and the API.",
    [
        Panel(
            "Requests by status",
            "API requests per second at nginx, by status.",
            "reqps",
            [('sum by (status) (rate(edge_requests_total{area="api"}[$__rate_interval]))', "{{status}}")],
            "ApiErrorsFast",
            meaning="status",
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
            [
                (
                    or_none(
                        'sum by (area) (rate(edge_requests_total{limiter=~"REJECTED.*"}[$__rate_interval]))', "area"
                    ),
                    "{{area}}",
                )
            ],
            "edge",
            tint=ATTENTION,
        ),
        Panel(
            "Latency by route",
            "95th percentile of the response time of the API.",
            "s",
            [
                (
                    "histogram_quantile(0.95, sum by (route, le) "
                    "(rate(decalogo_http_request_duration_seconds_bucket[$__rate_interval])))",
                    "{{route}}",
                )
            ],
            "ApiSlow",
            thresholds()["API_SECONDS"],
            table=True,
            width=24,
        ),
        Panel(
            "Console",
            "95th percentile of the response time of the console's pages.",
            "s",
            [(or_none(LATENCY.format(routes='route!~"/api/.*|unknown"'), "route"), "{{route}}")],
            "ApiSlow",
            thresholds()["API_SECONDS"],
            table=True,
            width=12,
        ),
        Panel(
            "Page pictures and reviews",
            "95th percentile of the response time of pages with their pictures, and of reviews.",
            "s",
            [(or_none(LATENCY.format(routes='route=~".*/(pages|review).*"'), "route"), "{{route}}")],
            "ApiSlow",
            table=True,
            width=12,
        ),
        Panel(
            "Errors by problem",
            "Error responses of the API per second, by problem type.",
            "reqps",
            [
                (
                    or_none("sum by (problem) (rate(decalogo_http_problems_total[$__rate_interval]))", "problem"),
                    "{{problem}}",
                )
            ],
            "ApiErrorsFast",
            tint=BAD,
        ),
        Panel(
            "Latency at nginx",
            "Median and 95th percentile of the response time, including the network to the client.",
            "s",
            quantiles("edge_request_seconds", "area"),
            "ApiSlow",
        ),
        Panel(
            "Bytes",
            "Received and sent by nginx.",
            "Bps",
            [
                ("sum(rate(edge_received_bytes_total[$__rate_interval]))", "in"),
                ("sum(rate(edge_sent_bytes_total[$__rate_interval]))", "out"),
            ],
            "host",
        ),
        Panel(
            "Failed authentication",
            "Requests per second without a valid token, by reason.",
            "reqps",
            [
                (
                    or_none("sum by (reason) (rate(decalogo_auth_failures_total[$__rate_interval]))", "reason"),
                    "{{reason}}",
                )
            ],
            "ApiErrorsFast",
            tint=ATTENTION,
        ),
        Panel(
            "Requests by tier",
            "Requests with a valid token per second, by tier.",
            "reqps",
            [("sum by (tier) (rate(decalogo_token_requests_total[$__rate_interval]))", "{{tier}}")],
            "overview",
            meaning="tier",
        ),
        Panel(
            "Uploads",
            "Uploaded documents per hour, by tier.",
            "short",
            [("3600 * sum by (tier) (rate(decalogo_upload_documents_total[$__rate_interval]))", "{{tier}}")],
            "overview",
            meaning="tier",
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
            [("sum by (version) (rate(edge_tls_requests_total[$__rate_interval]))", "{{version}}")],
            "edge",
        ),
    ],
)
