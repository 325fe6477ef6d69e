"""Uploads read from disk while they are sent, understood by the appliance's own parser."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import httpx
import pytest

from decalogo.api.upload.multipart import MultipartReader, PartData, PartEnd, PartStart
from decalogo.client.multipart import FilePart, Upload
from decalogo.errors import ClientError


def send(upload: Upload) -> Iterator[bytes]:
    """Yield the body of one attempt as httpx sends it; fail unless it is as long as announced."""
    with upload.attempt() as arguments:
        request = httpx.Request("POST", "http://appliance.test", **arguments)
        length = 0
        for chunk in cast(httpx.SyncByteStream, request.stream):
            length += len(chunk)
            yield chunk
        assert length == int(request.headers["Content-Length"])


def parse(upload: Upload) -> list[tuple[str, str | None, bytes]]:
    """Return name, file name and content of each part, as the API reads them."""
    with upload.attempt() as arguments:
        request = httpx.Request("POST", "http://appliance.test", **arguments)
        reader = MultipartReader(request.headers["Content-Type"])
        body = request.read()
    parts: list[tuple[str, str | None, bytes]] = []
    content = b""
    for chunk in [body[:100], body[100:]]:
        for event in reader.feed(chunk):
            if isinstance(event, PartStart):
                name, filename, content = event.name, event.filename, b""
            elif isinstance(event, PartData):
                content += bytes(event.data)
            elif isinstance(event, PartEnd):
                parts.append((name, filename, content))
    reader.close()
    return parts


def test_the_appliance_reads_back_what_was_sent(tmp_path: Path) -> None:
    contents = {"Plan de Cáceres (año 2024).pdf": b"%PDF\r\n--x\r\n", 'a"b;c.txt': b"", "zeta.txt": bytes(range(256))}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    body = Upload([FilePart.of(tmp_path / name) for name in contents], '{"rubric": "decalogo"}')
    options, *files = parse(body)
    assert options == ("options", None, b'{"rubric": "decalogo"}')
    assert [(filename, content) for _, filename, content in files] == [
        (name.replace('"', "%22"), content) for name, content in contents.items()
    ]


def test_the_announced_length_is_the_length(tmp_path: Path) -> None:
    (tmp_path / "ñ.txt").write_bytes(b"x" * 200_000)
    body = Upload([FilePart.of(tmp_path / "ñ.txt")], '{"a": "ñ"}')
    assert sum(map(len, send(body))) > 200_000
    assert body.complete


def test_a_large_file_is_never_in_memory(tmp_path: Path) -> None:
    big = tmp_path / "big.pdf"
    with big.open("wb") as handle:
        handle.truncate(300 << 20)
    body = Upload([FilePart.of(big)])
    tracemalloc.start()
    try:
        length = sum(map(len, send(body)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert length > 300 << 20
    assert peak < 1 << 20


def test_progress_counts_bytes_and_starts_over(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    seen: list[int] = []
    body = Upload([FilePart.of(tmp_path / "a")], sent=seen.append)
    list(send(body))
    assert seen == [65536, 100_000]
    list(send(body))
    assert seen[2:] == [65536, 100_000]


@pytest.mark.parametrize("size", [0, 5, 20])
def test_a_file_that_changes_meanwhile_is_noticed(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"0123456789")
    body = Upload([FilePart.of(path)])
    path.write_bytes(b"x" * size)
    with pytest.raises(ClientError, match=r"a\.txt changed"):
        list(send(body))
    assert not body.complete


@pytest.mark.parametrize(("name", "reason"), [("none.pdf", "does not exist"), ("folder", "is not a file")])
def test_what_cannot_be_sent_is_named(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ClientError, match=reason):
        FilePart.of(tmp_path / name)


def test_a_thousand_files_need_one_descriptor_at_a_time(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.txt" for number in range(1000)]
    for path in paths:
        path.write_bytes(b"x")
    before = len(list(Path("/proc/self/fd").iterdir()))
    most = max(len(list(Path("/proc/self/fd").iterdir())) for _ in send(Upload([FilePart.of(path) for path in paths])))
    assert most <= before + 1


def test_an_attempt_that_breaks_off_closes_its_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 200_000)
    before = len(list(Path("/proc/self/fd").iterdir()))
    body = send(Upload([FilePart.of(tmp_path / "a")]))
    while not next(body).startswith(b"x"):
        pass
    body.close()  # type: ignore[attr-defined]
    assert len(list(Path("/proc/self/fd").iterdir())) == before
