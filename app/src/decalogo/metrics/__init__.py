"""Metrics of each service for Prometheus; ``docs/reference/metrics.md`` lists them."""
