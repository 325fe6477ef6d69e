"""What a worker needs of the artifact store, wherever the store is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class AttemptFiles(Protocol):
    """The files that one attempt at a document (or at a part of one) may read and write.

    Every method raises :class:`~decalogo.errors.UnavailableError` while the store cannot be used, and
    :class:`~decalogo.errors.ClaimLostError` where the store itself knows that the attempt was taken back.
    """

    @property
    def ocr_cache(self) -> Path:
        """Folder of recognised pages."""

    def content(self, document_id: str) -> Path:
        """Return the document as a local file; raises ``FileNotFoundError``."""

    def read(self, key: str) -> bytes:
        """Return the bytes under ``key``; raises ``FileNotFoundError``."""

    def put(self, key: str, data: bytes) -> None:
        """Store ``data`` under ``key``, durable when this returns."""

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Store some files by key, durable when this returns."""

    def delete(self, key: str) -> None:
        """Remove ``key``, or leave it to the housekeeping."""

    def delete_parts(self, document_id: str) -> None:
        """Remove what the parts of a document brought, or leave it to the housekeeping."""


class WorkStore(Protocol):
    """The store as workers see it: a folder (``artifacts.py``), or the first host over HTTPS (``remote.py``)."""

    def attempt(self, document_id: str, attempt: int, owner: str) -> AbstractContextManager[AttemptFiles]:
        """Open the files of an attempt.

        Args:
            document_id: the document, or the part.
            attempt: its fencing token.
            owner: Celery task id that holds the claim.
        """
