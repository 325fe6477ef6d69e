"""Files of one document, read by the names that the ledger records for it.

Workers write these names. A worker that was taken over could name the file of another document, so a name counts only
if it is one of this document's own.
"""

from __future__ import annotations

import re
from typing import Any

from decalogo.batches.states import Document
from decalogo.storage.artifacts import ArtifactStore
from decalogo.storage.page_texts import page_layout, page_text


def result_key(document: Document) -> str:
    """Return the key of the result; raise ``FileNotFoundError`` if the recorded name is not this document's."""
    return _own("results", document.document_id, document.result_key)


def pages_key(document: Document) -> str:
    """Return the key of the page texts; raise ``FileNotFoundError`` if the recorded name is not this document's."""
    return _own("pages", document.document_id, document.pages_key)


def stored_result(store: ArtifactStore, document: Document) -> bytes:
    """Return the stored result of a document; raise ``FileNotFoundError``."""
    return store.read(result_key(document))


def read_page(store: ArtifactStore, document: Document, page: int) -> str:
    """Return the text of a page, as :func:`~decalogo.storage.page_texts.page_text` does."""
    return page_text(store, pages_key(document), page)


def read_layout(store: ArtifactStore, document: Document, page: int) -> dict[str, Any] | None:
    """Return the layout of a page, as :func:`~decalogo.storage.page_texts.page_layout` does."""
    return page_layout(store, pages_key(document), page)


def _own(kind: str, document_id: str, key: str) -> str:
    if not re.fullmatch(rf"{kind}/{re.escape(document_id)}\.[0-9]+\.json(\.gz)?", key):
        raise FileNotFoundError(f"{key!r} is no file of {document_id}")
    return key
