"""`decalogo scheduler` with a periodic task due twice a second, so that a test need not wait five minutes."""

from __future__ import annotations

from decalogo.logs import configure
from decalogo.queue.app import get_celery
from decalogo.scheduler.service import run_scheduler
from decalogo.settings import get_settings

if __name__ == "__main__":
    configure(get_settings().log)
    get_celery().conf.beat_schedule = {"often": {"task": "decalogo.health_check", "schedule": 0.5}}
    run_scheduler(get_settings())
