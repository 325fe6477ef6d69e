"""Scheduler service: recovery, periodic tasks and webhooks in one process."""
