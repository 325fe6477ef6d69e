"""Which documents go to the queue `large`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from decalogo.api.services import Services
from decalogo.api.upload.large_documents import is_large
from decalogo.batches.queues import LARGE, NORMAL
from decalogo.settings import QueueSettings, Settings
from tests.api.conftest import Published
from tests.api.uploading import PDF, UPLOAD, files

LINEARIZED = b"%PDF-1.7\n1 0 obj\n<</Linearized 1/L 3000000/O 4/E 9000/N 612/T 2999/H [ 500 200]>>\nendobj\n"


@pytest.mark.parametrize(
    ("head", "size", "large"),
    [
        (b"%PDF-1.7\n", 20 << 20, True),
        (b"%PDF-1.7\n", (20 << 20) - 1, False),
        (b"El municipio tiene un plan.\n", (2 << 20) - 1, False),
        (b"El municipio tiene un plan.\n", 2 << 20, True),
        (b"<!doctype html><html>", 3 << 20, True),
        (LINEARIZED, 3 << 20, True),
        (LINEARIZED.replace(b"612", b"116"), 3 << 20, False),
        (LINEARIZED, 1 << 20, False),
        (b"\x7fELF", 3 << 20, False),
    ],
)
def test_a_document_is_large_by_its_bytes_its_kind_and_the_pages_it_tells(
    tmp_path: Path, head: bytes, size: int, large: bool
) -> None:
    path = tmp_path / "document"
    path.write_bytes(head)
    assert is_large(path, size, QueueSettings()) is large  # type: ignore[call-arg]


def test_a_large_document_is_recorded_and_published_for_its_queue(
    serve: Callable[..., httpx.Client], services: Services, settings: Settings, published: Published
) -> None:
    queue = settings.queue.model_copy(update={"large_bytes": 10_000})
    client = serve(services=replace(services, settings=settings.model_copy(update={"queue": queue})))
    answer = client.post(UPLOAD, files=files(("big.pdf", PDF + b" " * 10_000), ("small.pdf", PDF)))
    assert answer.status_code == 202, answer.text
    assert [queue for _, queue in published.pairs] == [LARGE, NORMAL]
    waiting = {queue: count for queue, count in services.ledger.queue_depths().items() if count}
    assert waiting == {LARGE: 1, NORMAL: 1}
