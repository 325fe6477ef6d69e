"""Page texts of a document, unpacked from the artifact store."""

from __future__ import annotations

import gzip
from functools import lru_cache

import orjson

from decalogo.storage.artifacts import ArtifactStore


def page_texts(store: ArtifactStore, key: str) -> list[str]:
    """Return the texts of all pages; raises ``FileNotFoundError``.

    The few documents read last stay unpacked (about 1 MB for 300 pages), because who checks evidence reads many pages
    of one document. A key names one attempt and is never written twice, so nothing here can be stale.
    """
    return _unpacked(store.root, store, key)


@lru_cache(maxsize=4)
def _unpacked(_root: object, store: ArtifactStore, key: str) -> list[str]:
    texts: list[str] = orjson.loads(gzip.decompress(store.read(key)))
    return texts
