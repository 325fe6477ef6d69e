"""One batch by many uploads, against the real API: divided, continued, never twice."""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from decalogo.access.tokens import Tier
from decalogo.api.services import Services
from decalogo.client.appliance import Appliance, SubmitOptions
from decalogo.client.connection import Connection
from decalogo.client.errors import RefusedError
from decalogo.client.multipart import FilePart
from decalogo.client.splitting import Planned
from decalogo.client.submission import REMEMBERED_SECONDS, Submission, memory_of
from tests.client.test_real_api import served, services

__all__ = ["services"]  # a fixture

OPTIONS = SubmitOptions(priority="low", not_applicable={"P9": "no hay cárcel"})


@pytest.fixture
def appliance(services: Services) -> Iterator[Appliance]:
    token = services.tokens.create("client", Tier.STANDARD)
    with served(services) as port, Appliance(Connection(f"http://127.0.0.1:{port}", token)) as found:
        yield found


def plans(folder: Path, count: int) -> tuple[FilePart, ...]:
    paths = [folder / f"plan-{number:03}.txt" for number in range(count)]
    for path in paths:
        path.write_text(f"El plan {path.stem}.", encoding="utf-8")
    return tuple(map(FilePart.of, paths))


def bar(stop_after: int | None = None) -> tuple[Callable[..., object], list[int]]:
    """Return a progress bar that notes the files of each upload, and may interrupt the command before one."""
    seen: list[int] = []

    @contextmanager
    def show(upload: Planned) -> Iterator[Callable[[int], None]]:
        if len(seen) == stop_after:
            raise KeyboardInterrupt
        seen.append(len(upload.files))
        yield lambda _count: None

    return show, seen


def send(submission: Submission, stop_after: int | None = None) -> tuple[list[str], list[int]]:
    show, seen = bar(stop_after)
    return list(submission.send(show)), seen  # type: ignore[arg-type]


def names(appliance: Appliance, job: str) -> list[str]:
    return [document["filename"] for document in appliance.documents(job)]


def test_many_files_become_one_batch_in_order(appliance: Appliance, services: Services, tmp_path: Path) -> None:
    batch = Planned(plans(tmp_path, 120), tuple(f"id-{number}" for number in range(120)))
    memory = tmp_path / "state" / "x.json"
    jobs, sizes = send(Submission(appliance, batch, OPTIONS, memory))
    assert sizes == [50, 50, 20]
    (job,) = jobs
    documents = list(appliance.documents(job))
    assert [d["custom_id"] for d in documents] == list(batch.custom_ids)
    assert appliance.status(job)["options"]["not_applicable"] == {"P9": "no hay cárcel"}
    assert len(services.ledger.batches("client")) == 1
    assert not memory.exists()


def test_an_interrupted_submission_continues_in_its_batch(
    appliance: Appliance, services: Services, tmp_path: Path
) -> None:
    batch, memory = Planned(plans(tmp_path, 120)), tmp_path / "state" / "x.json"
    with pytest.raises(KeyboardInterrupt):
        send(Submission(appliance, batch, OPTIONS, memory), stop_after=2)
    again = Submission(appliance, batch, OPTIONS, memory)
    assert again.progress.done == 100
    jobs, sizes = send(again)
    assert sizes == [20]
    assert names(appliance, jobs[0]) == [part.path.name for part in batch.files]
    assert len(services.ledger.batches("client")) == 1


def test_an_upload_whose_answer_was_lost_is_not_accepted_twice(
    appliance: Appliance, services: Services, tmp_path: Path
) -> None:
    batch, memory = Planned(plans(tmp_path, 60)), tmp_path / "state" / "x.json"
    with pytest.raises(KeyboardInterrupt):
        send(Submission(appliance, batch, OPTIONS, memory), stop_after=1)
    before = memory.read_text()
    send(Submission(appliance, batch, OPTIONS, memory))
    memory.write_text(before)  # as if the process had died before it read the last answer
    jobs, sizes = send(Submission(appliance, batch, OPTIONS, memory))
    assert sizes == [10]
    assert names(appliance, jobs[0]) == [part.path.name for part in batch.files]


def test_a_finished_submission_is_repeated_as_a_new_batch(
    appliance: Appliance, services: Services, tmp_path: Path
) -> None:
    batch, memory = Planned(plans(tmp_path, 51)), tmp_path / "state" / "x.json"
    first, _ = send(Submission(appliance, batch, OPTIONS, memory))
    second, _ = send(Submission(appliance, batch, OPTIONS, memory))
    assert first != second


def test_a_lower_limit_and_archives_lead_to_smaller_uploads(
    appliance: Appliance, services: Services, tmp_path: Path
) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for number in range(40):
            file.writestr(f"in-{number}.txt", f"Programa {number}")
    batch = Planned((FilePart.of(archive), *plans(tmp_path, 30)))
    jobs, sizes = send(Submission(appliance, batch, OPTIONS, tmp_path / "state" / "x.json"))
    assert sizes == [31, 1, 30]  # the first one was rejected: 70 documents
    assert appliance.status(jobs[0])["counts"]["total"] == 70
    assert len(services.ledger.batches("client")) == 1


def test_a_deleted_batch_and_old_progress_are_forgotten(
    appliance: Appliance, services: Services, tmp_path: Path
) -> None:
    batch, memory = Planned(plans(tmp_path, 60)), tmp_path / "state" / "x.json"
    with pytest.raises(KeyboardInterrupt):
        send(Submission(appliance, batch, OPTIONS, memory), stop_after=1)
    appliance.delete(json.loads(memory.read_text())["job_id"])
    with pytest.raises(RefusedError, match="no batch with this id"):
        send(Submission(appliance, batch, OPTIONS, memory))
    assert not memory.exists()
    memory.write_text(json.dumps({"run": "x", "job_id": "batch_x", "changed": time.time() - REMEMBERED_SECONDS - 1}))
    assert Submission(appliance, batch, OPTIONS, memory).progress.job_id == ""
    memory.write_text("half a fi")
    assert Submission(appliance, batch, OPTIONS, memory).progress.job_id == ""


def test_the_same_command_has_the_same_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    files = plans(tmp_path, 2)

    def memory(
        address: str = "http://a", token: str = "t", parts: Sequence[FilePart] = files, priority: str = "low"
    ) -> Path:
        return memory_of(address, token, Planned(tuple(parts)), SubmitOptions(priority=priority))

    first = memory()
    assert first == memory()
    assert first.is_relative_to(tmp_path / "state")
    others = {memory(address="http://b"), memory(token="u"), memory(parts=files[:1]), memory(priority="high")}
    os.utime(files[0].path, ns=(1, 1))
    others.add(memory())
    assert len(others) == 5
    assert first not in others
