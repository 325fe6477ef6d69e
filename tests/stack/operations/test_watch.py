"""The service that watches a folder: started by one setting, and killed while it works."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance import Appliance, docker
from papers import small_documents

USER = 10001


@pytest.fixture
def watched(appliance: Appliance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder, with the service running; afterwards it is off again."""
    root = tmp_path_factory.mktemp("watch")
    folder, token = root / "plans", root / "token"
    folder.mkdir()
    token.write_text(appliance.run("token", "create", "watch"))
    token.chmod(0o400)
    for path in (folder, token):
        os.chown(path, USER, USER)
    for path in (root, *root.parents[:1]):
        path.chmod(path.stat().st_mode | 0o011)
    before = appliance.environment
    settings = {"WATCH_DIR": str(folder), "WATCH_TOKEN_FILE": str(token)}
    settings |= {"WATCH_SETTLE_SECONDS": "1", "WATCH_INTERVAL_SECONDS": "1"}
    appliance.environment = {**before, **settings}
    appliance.run("up")
    yield folder
    appliance.environment = before
    appliance.run("up")


def wait_for(condition: Callable[[], bool], seconds: float = 600) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_files_are_evaluated_once_although_the_service_is_killed(appliance: Appliance, watched: Path) -> None:
    watch = f"{appliance.name}-watch-1"
    for name, content in [*small_documents(3), ("broken.pdf", b"%PDF-1.7 x")]:
        (watched / name).write_bytes(content)
        os.chown(watched / name, USER, USER)
    wait_for(lambda: any((watched / ".in-progress").glob("*/*")))
    docker("kill", watch)
    docker("start", watch)

    wait_for(lambda: not any((watched / ".in-progress").iterdir()) and (watched / "failed/broken.pdf.txt").exists())

    done = sorted(path.name for path in (watched / "done").iterdir())
    assert len(done) == 6
    assert {name for name in done if name.endswith(".json")} == {f"{n}.json" for n in done if not n.endswith(".json")}
    client = appliance.client((watched.parent / "token").read_text().strip())
    batches = client.get("/api/v1/batch")["batches"]
    assert sum(batch["counts"]["total"] for batch in batches) == 4


def test_without_the_setting_the_service_is_gone(appliance: Appliance) -> None:
    assert "watch" not in appliance.compose("ps", "--services").split()
