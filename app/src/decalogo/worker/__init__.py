"""Worker: Celery tasks, one attempt at a document, lease renewal and watchdog."""
