"""A watched folder takes each file once, whatever stops it, and files it away with its result or the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from decalogo.client.errors import RefusedError, UnreachableError
from decalogo.client.multipart import FilePart
from decalogo.client.watch import WatchedFolder

SETTLE = 30.0


class Stopped(BaseException):
    """The process ends here."""


class Server:
    """An appliance that remembers idempotency keys, and fails documents whose text says so."""

    def __init__(self) -> None:
        self.batches: dict[str, list[dict[str, Any]]] = {}
        self.keys: dict[str, str] = {}
        self.finished = True
        self.away = False
        self.stop_after_submit = False

    def submit(self, files: list[FilePart], *, key: str) -> dict[str, Any]:
        if self.away:
            raise UnreachableError("away")
        texts = {part.path.name: part.path.read_text() for part in files}
        if "refused" in texts.values():
            raise RefusedError(httpx.Response(422, json={"title": "Not accepted", "detail": "one is refused"}))
        if "no access" in texts.values():
            raise RefusedError(httpx.Response(401, json={"title": "Unauthorized"}))
        if key not in self.keys:
            self.keys[key] = f"batch_{len(self.keys)}"
            self.batches[self.keys[key]] = [
                {
                    "document_id": f"doc_{name}_{number}",
                    "filename": name,
                    "state": "failed" if text == "bad" else "succeeded",
                    "problem": {"title": "Unreadable", "detail": "it is bad"} if text == "bad" else None,
                }
                for name, text in texts.items()
                for number in range(2 if name.endswith(".zip") else 1)
            ]
        if self.stop_after_submit:
            raise Stopped
        return {"job_id": self.keys[key]}

    def status(self, job_id: str) -> dict[str, Any]:
        if job_id not in self.batches:
            raise RefusedError(httpx.Response(404, json={"title": "Not found"}))
        return {"state": "finished" if self.finished else "running"}

    def documents(self, job_id: str) -> Iterator[dict[str, Any]]:
        yield from self.batches[job_id]

    def save_result(self, document_id: str, target: Path) -> None:
        target.write_text(document_id)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def folder(tmp_path: Path, server: Server, clock: list[float]) -> WatchedFolder:
    return restarted(tmp_path, server, clock)


def restarted(root: Path, server: Server, clock: list[float]) -> WatchedFolder:
    return WatchedFolder(root, server, settle_seconds=SETTLE, say=lambda _line: None, clock=lambda: clock[0])


def settle(folder: WatchedFolder, clock: list[float]) -> None:
    folder.turn()
    clock[0] += SETTLE
    folder.turn()


def placed(root: Path) -> list[str]:
    """Return every file below the folder."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_settled_files_become_one_batch_and_end_where_they_belong(
    tmp_path: Path, server: Server, folder: WatchedFolder, clock: list[float]
) -> None:
    (tmp_path / "good.txt").write_text("good")
    (tmp_path / "bad.txt").write_text("bad")

    settle(folder, clock)

    assert len(server.batches) == 1
    assert placed(tmp_path) == ["done/good.txt", "done/good.txt.json", "failed/bad.txt", "failed/bad.txt.txt"]
    assert (tmp_path / "failed/bad.txt.txt").read_text() == "Unreadable: it is bad\n"


def test_a_file_that_still_grows_is_left_until_it_settles(
    tmp_path: Path, server: Server, folder: WatchedFolder, clock: list[float]
) -> None:
    for size in range(1, 4):
        (tmp_path / "plan.pdf").write_text("x" * size)
        folder.turn()
        clock[0] += SETTLE - 1
    assert server.batches == {}

    settle(folder, clock)
    assert placed(tmp_path) == ["done/plan.pdf", "done/plan.pdf.json"]


@pytest.mark.parametrize("name", [".hidden", "~$plan.docx", "plan.pdf.part", "plan.crdownload", "copy.TMP"])
def test_files_of_programs_are_left_alone(
    tmp_path: Path, server: Server, folder: WatchedFolder, clock: list[float], name: str
) -> None:
    (tmp_path / name).write_text("x")
    (tmp_path / "subfolder").mkdir()
    settle(folder, clock)
    assert (tmp_path / name).exists()
    assert server.batches == {}


def test_a_stop_right_after_the_upload_was_accepted_takes_no_file_twice(
    tmp_path: Path, server: Server, folder: WatchedFolder, clock: list[float]
) -> None:
    (tmp_path / "plan.txt").write_text("good")
    server.stop_after_submit = True
    with pytest.raises(Stopped):
        settle(folder, clock)
    server.stop_after_submit = False

    restarted(tmp_path, server, clock).turn()

    assert len(server.batches) == 1
    assert placed(tmp_path) == ["done/plan.txt", "done/plan.txt.json"]


def test_a_stop_while_results_are_fetched_continues_with_the_rest(
    tmp_path: Path, server: Server, folder: WatchedFolder, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text("good")

    def stops_at_b(document_id: str, target: Path) -> None:
        if document_id == "doc_b.txt_0":
            raise Stopped
        target.write_text(document_id)

    with monkeypatch.context() as patched:
        patched.setattr(server, "save_result", stops_at_b)
        with pytest.raises(Stopped):
            settle(folder, clock)

    restarted(tmp_path, server, clock).turn()

    assert len(server.batches) == 1
    assert placed(tmp_path) == sorted(f"done/{name}.txt{end}" for name in "abc" for end in ("", ".json"))


def test_while_the_appliance_is_away_files_wait(
    tmp_path: Path, server: Server, folder: WatchedFolder, clock: list[float]
) -> None:
    (tmp_path / "plan.txt").write_text("good")
    server.away = True
    settle(folder, clock)
    server.away = False
    folder.turn()
    assert placed(tmp_path) == ["done/plan.txt", "done/plan.txt.json"]


def test_one_refused_file_does_not_take_the_others_with_it(
    tmp_path: Path, server: Server, folder: WatchedFolder, clock: list[float]
) -> None:
    (tmp_path / "good.txt").write_text("good")
    (tmp_path / "odd.txt").write_text("refused")

    settle(folder, clock)
    folder.turn()

    assert placed(tmp_path) == ["done/good.txt", "done/good.txt.json", "failed/odd.txt", "failed/odd.txt.txt"]
    assert "one is refused" in (tmp_path / "failed/odd.txt.txt").read_text()


def test_a_token_that_is_not_accepted_stops_and_loses_nothing(
    tmp_path: Path, folder: WatchedFolder, clock: list[float]
) -> None:
    (tmp_path / "plan.txt").write_text("no access")
    with pytest.raises(RefusedError):
        settle(folder, clock)
    assert [path.rpartition("/")[2] for path in placed(tmp_path)] == ["plan.txt"]


def test_a_batch_that_was_deleted_meanwhile_is_a_failure_with_its_reason(
    tmp_path: Path, server: Server, folder: WatchedFolder, clock: list[float]
) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("good")
    server.finished = False
    settle(folder, clock)
    server.batches.clear()
    folder.turn()
    assert placed(tmp_path) == ["failed/a.txt", "failed/a.txt.txt", "failed/b.txt", "failed/b.txt.txt"]


def test_an_archive_is_a_batch_of_its_own(
    tmp_path: Path, server: Server, folder: WatchedFolder, clock: list[float]
) -> None:
    (tmp_path / "plans.zip").write_text("good")
    (tmp_path / "plan.txt").write_text("good")
    settle(folder, clock)
    assert len(server.batches) == 2
    assert {"done/plans.zip", "done/plans.zip.1.json", "done/plans.zip.2.json"} < set(placed(tmp_path))


def test_a_name_that_was_used_before_overwrites_nothing(
    tmp_path: Path, server: Server, folder: WatchedFolder, clock: list[float]
) -> None:
    for _ in range(2):
        (tmp_path / "plan.txt").write_text("good")
        settle(folder, clock)
    assert len(server.batches) == 2
    assert {"done/plan.txt", "done/plan-2.txt", "done/plan.txt.json", "done/plan-2.txt.json"} == set(placed(tmp_path))
