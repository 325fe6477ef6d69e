"""Settings: misspelt ones are refused, impossible ones too, and all of them are documented."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from decalogo.cli.settings_reference import reference
from decalogo.connections import connect
from decalogo.queue.app import celery_configuration
from decalogo.settings import QueueSettings, RedisSettings, Settings, check_variable_names, variable_names
from tests.conftest import environment

DOCS = Path(__file__).parents[2] / "docs"


def test_the_settings_page_is_what_the_command_prints() -> None:
    assert (DOCS / "reference/settings.md").read_text(encoding="utf-8") == reference()


@pytest.mark.parametrize(
    ("misspelt", "nearest"),
    [
        ("DECALOGO_QUEUE__CONCURENCY", "DECALOGO_QUEUE__CONCURRENCY"),
        ("DECALOGO_API__STANDARD__UPLOAD_PER_MINUTE", "DECALOGO_API__STANDARD__UPLOADS_PER_MINUTE"),
    ],
)
def test_a_misspelt_variable_is_rejected_with_the_nearest_name(misspelt: str, nearest: str) -> None:
    with pytest.raises(ValueError, match=f"unknown setting {misspelt}; did you mean {nearest}"):
        check_variable_names([misspelt], variable_names())


def test_known_variables_and_variables_of_other_programs_are_accepted() -> None:
    names = ["DECALOGO_QUEUE__CONCURRENCY", "PATH", "DECALOGO_API__STANDARD__PRIORITIES", "DECALOGO_API__STANDARD"]
    check_variable_names(names, variable_names())


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "DECALOGO_QUEUE__CONCURENCY",
            "3",
            "error: unknown setting DECALOGO_QUEUE__CONCURENCY; did you mean DECALOGO_QUEUE__CONCURRENCY?",
        ),
        (
            "DECALOGO_QUEUE__CONCURRENCY",
            "many",
            "error: invalid setting DECALOGO_QUEUE__CONCURRENCY: "
            "Input should be a valid integer, unable to parse string as an integer",
        ),
        (
            "DECALOGO_QUEUE__LEASE_SECONDS",
            "1",
            "error: invalid setting DECALOGO_QUEUE: "
            "queue.soft_shutdown_seconds must be at most 0.7 x queue.lease_seconds",
        ),
    ],
)
def test_a_service_with_an_invalid_setting_ends_with_one_line(name: str, value: str, line: str) -> None:
    command = [sys.executable, "-m", "decalogo", "scheduler"]
    run = subprocess.run(command, env={**os.environ, name: value}, capture_output=True, text=True, timeout=150)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", line + "\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"soft_time_limit_seconds": 3600, "time_limit_seconds": 3600},
        {"visibility_timeout_seconds": 7000},
        {"slow_soft_time_limit_seconds": 100},
        {"soft_shutdown_seconds": 9.0},
        {"concurrency": 0},
    ],
)
def test_limits_that_cannot_work_together_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        QueueSettings(**wrong)  # type: ignore[arg-type]


def test_the_password_comes_from_a_file_and_is_quoted_in_the_url(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("p@ss/word\n")
    redis = RedisSettings(username="api", password_file=file)
    assert redis.url(1) == "redis://api:p%40ss%2Fword@127.0.0.1:6379/1"
    assert "p@ss" not in repr(redis)


def test_celery_gets_the_guides_settings_as_the_decisions_amend_them() -> None:
    conf = celery_configuration(Settings())
    expected = {
        "task_serializer": "json", "accept_content": ["json"], "result_serializer": "json", "timezone": "UTC",
        "enable_utc": True, "task_track_started": True, "task_time_limit": 3600, "task_soft_time_limit": 3300,
        "task_acks_late": True, "worker_max_tasks_per_child": 1000, "task_default_queue": "decalogo_batch_tasks",
        "task_reject_on_worker_lost": False, "task_ignore_result": True, "worker_disable_prefetch": True,
    }  # fmt: skip
    assert {name: conf[name] for name in expected} == expected
    assert {q.name for q in conf["task_queues"]} == {
        "decalogo_batch_tasks",
        "high_priority",
        "low_priority",
        "large",
        "suspect",
        "slow",
        "scans",
    }


def test_a_service_rejects_a_ledger_of_another_format_in_one_line(settings: Settings) -> None:
    connect(settings.redis, settings.redis.ledger_db).set("ledger:format", 999)
    variables = {**environment(settings), "DECALOGO_LOG__LEVEL": "ERROR"}
    for service in ("api", "worker", "scheduler"):
        command = [sys.executable, "-m", "decalogo", service]
        run = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=150)
        assert run.returncode == 1
        assert run.stderr.startswith("error: The ledger in Redis has data format 999; this version reads format 2.")
        assert run.stderr.count("\n") == 1
