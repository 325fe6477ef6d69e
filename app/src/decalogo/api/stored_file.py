"""Answer with a file of the artifact store, from the descriptor that the store has checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, BinaryIO

from fastapi.responses import FileResponse
from starlette.responses import MalformedRangeHeader, RangeNotSatisfiable
from starlette.types import Receive, Scope, Send

from decalogo.errors import RangeError


class StoredFile(FileResponse):
    """Answer with an open file and close it; ``Range`` is supported.

    Args:
        file: as :meth:`~decalogo.storage.artifacts.ArtifactStore.open` returns it. The path is not opened again: a
            worker could have replaced it by a link in the meantime.
        headers, media_type: of the answer.
    """

    def __init__(self, file: BinaryIO, *, headers: Mapping[str, str] | None = None, media_type: str) -> None:
        self._file = file
        number = file.fileno()
        super().__init__(f"/dev/fd/{number}", headers=headers, media_type=media_type, stat_result=os.fstat(number))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()

    @classmethod
    def _parse_range_header(cls, http_range: str, file_size: int) -> Any:
        try:
            return super()._parse_range_header(http_range, file_size)
        except MalformedRangeHeader:
            return []  # RFC 9110, section 14.2: as if there were none
        except RangeNotSatisfiable as error:
            raise RangeError(f"The file has {file_size} bytes.", size=file_size) from error
