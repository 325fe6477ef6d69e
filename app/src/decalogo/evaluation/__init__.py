"""Judging one document against a rubric: a pure library without Redis, Celery or HTTP."""
