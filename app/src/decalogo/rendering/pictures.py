"""Page pictures of stored documents, kept in the artifact store until the document is deleted."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from decalogo.errors import DocumentError, NoPicturesError, NotFoundError, UnavailableError
from decalogo.evaluation.documents.detect import HEAD_BYTES, PDF, media_type
from decalogo.rendering.renderer import MEDIA_TYPES, Renderer
from decalogo.storage.artifacts import ArtifactStore

MEDIA_TYPE: Final = "image/webp"
MIN_WIDTH: Final = 100
MAX_WIDTH: Final = 2400
_STEP: Final = 100


class PagePictures:
    """Pictures and quote boxes of documents in the store.

    Args:
        store: holds the originals and the cache.
        renderer: draws what the cache lacks.
    """

    def __init__(self, store: ArtifactStore, renderer: Renderer) -> None:
        self._store = store
        self._renderer = renderer

    def picture(self, document_id: str, page: int, width: int) -> bytes:
        """Return a page as WebP.

        Args:
            document_id: the document.
            page: number of the page, from 1.
            width: pixels; rounded up to the next hundred, so that few sizes are kept.

        Raises:
            NoPicturesError: the original is neither a PDF nor an image.
            NotFoundError: the original is gone, or has no such page.
            PageUnreadableError: the page cannot be drawn within the limits.
            UnavailableError: too many requests wait already.
        """
        width = min(MAX_WIDTH, math.ceil(max(MIN_WIDTH, width) / _STEP) * _STEP)
        key = f"images/{document_id}.{page}.{width}"
        with suppress(FileNotFoundError):
            return self._store.read(key)
        file, kind = self._original(document_id)
        picture = self._renderer.picture(file, page, width, kind)
        with suppress(UnavailableError):  # a full disk costs the cache, not the answer
            self._store.put(key, picture)
        return picture

    def boxes(self, document_id: str, page: int, text: str, start: int, end: int) -> dict[str, Any]:
        """Return where ``text[start:end]`` is on a page; see :meth:`Renderer.boxes`.

        Raises:
            NoPicturesError, NotFoundError, PageUnreadableError, UnavailableError: as for ``picture``.
        """
        file, kind = self._original(document_id)
        return self._renderer.boxes(file, page, text, start, end, kind)

    def has_pictures(self, document_id: str) -> bool:
        """Return whether the original is a PDF or an image, and still kept."""
        with suppress(NotFoundError, NoPicturesError):
            self._original(document_id)
            return True
        return False

    def close(self) -> None:
        """End the renderer's process; the next request starts another one."""
        self._renderer.close()

    def _original(self, document_id: str) -> tuple[Path, str]:
        """Return the original and its media type."""
        try:
            path = self._store.content(document_id)
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES)
        except FileNotFoundError as error:
            raise NotFoundError("The original is no longer kept.") from error
        with suppress(DocumentError):
            kind = media_type(head)
            if kind in MEDIA_TYPES and (kind != PDF or b"%PDF-" in head):
                return path, kind
        raise NoPicturesError("Only PDF documents and images have page pictures; read the page's text instead.")
