"""The dashboards. Their thresholds are those of the alerts."""

from boards import documents, edge, host, load, overview, redis_queue, workers

BOARDS = tuple(module.BOARD for module in (overview, workers, documents, redis_queue, edge, load, host))
