"""Page pictures and quote boxes for the API: one child process, restarted when it dies or takes too long."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import IO, Any, Final, cast

from decalogo.errors import NotFoundError, PageUnreadableError, UnavailableError
from decalogo.evaluation.documents.detect import PDF
from decalogo.logs import get_logger
from decalogo.memory import process_bytes
from decalogo.rendering.image_files import FORMATS
from decalogo.settings import RenderingSettings

MEDIA_TYPES: Final = (PDF, *FORMATS)
"""Media types of the files whose pages can be drawn."""
_CPU_SECONDS: Final = 3600
"""CPU time after which a child is replaced by a new one."""
_MAX_ANSWER: Final = 32 << 20
_WAITING: Final = 16
"""Requests that may wait for the child; more are refused."""

_LEAST_MEMORY: Final = 320 << 20
_FAILED_SECONDS: Final = 600.0
_FAILED_PAGES: Final = 3
_MOST_FAILED: Final = 1000

_log = get_logger(__name__)


class Renderer:
    """Asks a child process; safe to call from several threads, one request at a time.

    A page that ends the child or takes too long is refused for a while without another try, and so is a document with
    several such pages: others wait for the same child.

    Args:
        settings: limits of one answer.
        processes: number of processes of this service, each with a child, that share the memory of its container.
    """

    def __init__(self, settings: RenderingSettings, processes: int = 1) -> None:
        self._settings = settings
        self._memory = process_bytes(settings.memory_bytes, processes + 1, least=_LEAST_MEMORY)
        self._failed: OrderedDict[tuple[str, int], float] = OrderedDict()
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._waiting = threading.Semaphore(_WAITING)

    def picture(self, file: Path, page: int, width: int, media_type: str = PDF) -> bytes:
        """Return a page as WebP.

        Args:
            file: a PDF, or an image whose frames are the pages.
            page: number of the page, from 1.
            width: pixels; the height follows from the page. Images are not enlarged.
            media_type: one of ``MEDIA_TYPES``.

        Raises:
            NotFoundError: the document has fewer pages.
            PageUnreadableError: the page cannot be drawn within the limits.
            UnavailableError: too many requests wait already.
        """
        asked = {"kind": "picture", "file": str(file), "media_type": media_type, "page": page, "width": width}
        return self._ask(asked)[1]

    def boxes(self, file: Path, page: int, text: str, start: int, end: int, media_type: str = PDF) -> dict[str, Any]:
        """Return where ``text[start:end]`` is on a page.

        Returns:
            ``boxes``: rectangles as shares of the page (left, top, right, bottom), none for an image; ``text``: the
            characters found; ``ratio``: height of the page divided by its width.

        Raises:
            NotFoundError, PageUnreadableError, UnavailableError: as for ``picture``.
        """
        asked = {"kind": "boxes", "file": str(file), "media_type": media_type, "page": page}
        return self._ask({**asked, "text": text, "start": start, "end": end})[0]

    def close(self) -> None:
        """End the child process."""
        with self._lock:
            self._stop()

    def _ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        self._check_failed(request["file"], request["page"])
        if not self._waiting.acquire(blocking=False):
            raise UnavailableError("Too many page pictures are being made.", retry_after=1)
        try:
            with self._lock:
                self._check_failed(request["file"], request["page"])
                head, body = self._answer(json.dumps(request).encode() + b"\n")
        finally:
            self._waiting.release()
        if head.get("error") == "not-found":
            raise NotFoundError(head["detail"])
        if "error" in head:
            raise PageUnreadableError(head["detail"])
        return head, body

    def _check_failed(self, file: str, page: int) -> None:
        """Refuse a page that failed a while ago, or whose document has several such pages."""
        after = time.monotonic() - _FAILED_SECONDS
        pages = [number for (name, number), at in [*self._failed.items()] if name == file and at > after]
        if page in pages or len(pages) >= _FAILED_PAGES:
            raise PageUnreadableError("Drawing this page takes too long, or ends the renderer.")

    def _remember_failed(self, request: bytes) -> None:
        asked = json.loads(request)
        self._failed[asked["file"], asked["page"]] = time.monotonic()
        while len(self._failed) > _MOST_FAILED:
            self._failed.popitem(last=False)

    def _answer(self, request: bytes) -> tuple[dict[str, Any], bytes]:
        child = self._start()
        deadline = time.monotonic() + self._settings.page_seconds
        try:
            cast(IO[bytes], child.stdin).write(request)
            cast(IO[bytes], child.stdin).flush()
            received = bytearray()
            while b"\n" not in received:
                received += self._read(child, deadline)
                if len(received) > _MAX_ANSWER:
                    raise EOFError("the answer has no end")  # noqa: TRY301
            line, _, body = received.partition(b"\n")
            head = cast("dict[str, Any]", json.loads(line))
            while len(body) < head["bytes"]:
                body += self._read(child, deadline)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self._stop()
            self._remember_failed(request)
            _log.warning("the renderer ended", error=type(error).__name__, detail=str(error))
            reason = "takes too long" if isinstance(error, TimeoutError) else "ends the renderer"
            raise PageUnreadableError(f"Drawing this page {reason}.") from error
        return head, bytes(body)

    def _read(self, child: subprocess.Popen[bytes], deadline: float) -> bytes:
        handle = cast(IO[bytes], child.stdout).fileno()
        ready, _, _ = select.select([handle], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError(f"no answer within {self._settings.page_seconds:g} s")
        data = os.read(handle, 1 << 16)
        if not data:
            raise EOFError("the process is gone")
        return data

    def _start(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._stop()
            command = [sys.executable, "-m", "decalogo.rendering.child", str(self._memory)]
            self._child = subprocess.Popen(  # noqa: S603 - a command of our own
                [*command, str(_CPU_SECONDS)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ},
                bufsize=0,
            )
        return self._child

    def _stop(self) -> None:
        if self._child is None:
            return
        self._child.kill()
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                stream.close()
        self._child = None
