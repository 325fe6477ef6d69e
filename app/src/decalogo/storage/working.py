"""Interface of the artifact store for workers, on the first host or on a remote one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class AttemptFiles(Protocol):
    """Files of one attempt at a document or part.

    Every method raises :class:`~decalogo.errors.UnavailableError` while the store is not usable. A remote store raises
    :class:`~decalogo.errors.ClaimLostError` when the attempt was fenced.
    """

    @property
    def ocr_cache(self) -> Path:
        """Return the folder of cached OCR pages."""

    def content(self, document_id: str) -> Path:
        """Return the path of the document as a local file; raise ``FileNotFoundError``."""

    def read(self, key: str) -> bytes:
        """Return the bytes under ``key``; raise ``FileNotFoundError``."""

    def put(self, key: str, data: bytes) -> None:
        """Store ``data`` under ``key``; it is durable when this returns."""

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Store files by key; they are durable when this returns."""

    def delete(self, key: str) -> None:
        """Delete ``key``, or leave it to the orphan sweep."""

    def delete_parts(self, document_id: str) -> None:
        """Delete the files of the parts of a document, or leave them to the orphan sweep."""


class WorkStore(Protocol):
    """Artifact store for workers: a local folder (``artifacts.py``) or the gateway over HTTPS (``remote.py``)."""

    def attempt(self, document_id: str, attempt: int, owner: str) -> AbstractContextManager[AttemptFiles]:
        """Return the files of an attempt.

        Args:
            document_id: the document or part.
            attempt: its fencing token.
            owner: Celery task id of the claim.
        """
