"""What Prometheus reads of each service; the table of names is ``docs/reference/metrics.md``."""
