"""Transport and workers: the Celery application, its tasks, and recovery."""
