"""Search in a batch: index, query, and the text of each hit."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from decalogo.batches.ledger import Ledger
from decalogo.batches.own_files import read_page
from decalogo.batches.states import Batch, Document
from decalogo.errors import NotFoundError
from decalogo.search.index import BatchIndex, Hit
from decalogo.search.snippets import Snippet, snippet
from decalogo.storage.artifacts import ArtifactStore

BUDGET_SECONDS: Final = 3.0
"""Time that one search may spend on adding documents to the index."""


@dataclass(frozen=True, slots=True)
class Found:
    """A hit with its document and the words around it."""

    hit: Hit
    document: Document
    snippet: Snippet


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of results.

    Attributes:
        total: hits in all.
        indexed: documents searched; ``of`` is how many have a result.
    """

    found: list[Found]
    total: int
    indexed: int
    of: int


def search(
    ledger: Ledger, store: ArtifactStore, batch: Batch, query: str, *, quotes_only: bool, offset: int, limit: int
) -> Answer:
    """Search a batch; blocking, at most some seconds while the index is being built."""
    index = BatchIndex(store, batch.job_id)
    index.update(ledger.iterate(batch.job_id), BUDGET_SECONDS)
    hits = index.search(query, quotes_only=quotes_only, offset=offset, limit=limit)
    found = []
    for hit in hits.hits:
        document = ledger.own_document(batch.tenant, hit.document_id)
        if document is None:
            continue
        text = ""
        with suppress(FileNotFoundError, NotFoundError):
            text = read_page(store, document, hit.page)
        shown = text if hit.start is None else text[hit.start : hit.end]
        found.append(Found(hit, document, snippet(shown, query)))
    with_result = batch.counts["succeeded"] + batch.counts["partial"]
    return Answer(found, hits.total, hits.indexed, with_result)
