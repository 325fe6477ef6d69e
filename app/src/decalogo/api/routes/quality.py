"""What reviews say about the machine: quality of a batch, samples to measure it, labelled data for training."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from decalogo.access.tokens import Token
from decalogo.api.audit import audit_read
from decalogo.api.dependencies import OwnBatch, Reader, ServicesDep, limited
from decalogo.api.exports import read_result, reviews_for
from decalogo.api.kept import Kept
from decalogo.api.problem_types import declare
from decalogo.api.review_schemas import Sample, SamplePlace
from decalogo.api.services import Services
from decalogo.batches.states import TERMINAL, Batch, Document
from decalogo.errors import BodyError, ForbiddenError, NotFoundError, UnauthorizedError, UnavailableError
from decalogo.reviews.labels import labelled
from decalogo.reviews.quality import Quality
from decalogo.reviews.sampling import Place, draw
from decalogo.storage.page_texts import all_page_texts

router = APIRouter(prefix="/batch", tags=["reviews"], dependencies=[limited("reads")])

_counts: Kept[tuple[str, int], Quality] = Kept(2000)
"""Counts of a document by its result and the size of its journal; about 20 KB each."""
_samples: Kept[tuple[str, int, str], list[Place]] = Kept(100)
_COMMON = (UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError)


@router.get("/{job_id}/quality", summary="Measured quality of a batch", responses=declare(*_COMMON))
def quality(batch: OwnBatch, services: ServicesDep) -> dict[str, Any]:
    """Precision and missed share per question and element with 95 % Wilson intervals, recall, drift, agreement."""
    return measured(batch, services).as_dict()


@router.get("/{job_id}/sample", summary="Random sample of answers", responses=declare(*_COMMON))
def sample(
    batch: OwnBatch,
    services: ServicesDep,
    size: Annotated[int, Query(ge=2, le=1000, description="Answers wanted.")] = 60,
) -> Sample:
    """Half with a score and half without, spread over points and dimensions; the same size gives the same sample."""
    places = sampled(batch, services, size)
    return Sample(places=[SamplePlace(document_id=name, answer=answer) for name, answer in places])


@router.get(
    "/{job_id}/labels",
    summary="Reviews as labelled data",
    response_class=StreamingResponse,
    responses={
        200: {"description": "One JSON object per document and point.", "content": {"application/x-ndjson": {}}},
        **declare(*_COMMON),
    },
)
def labels(request: Request, batch: OwnBatch, services: ServicesDep, token: Reader) -> Response:
    """In the form of the labelled development set, so that a model can be trained on them."""
    audit_read(request, "labels.read", batch=batch.job_id)
    return StreamingResponse(_lines(batch, services, token), media_type="application/x-ndjson")


def measured(batch: Batch, services: Services) -> Quality:
    """Return the counts of all reviews of a batch; blocking."""
    found = Quality()
    for document in services.ledger.iterate(batch.job_id):
        if document.state in TERMINAL and document.result_key:
            key = (document.result_key, services.reviews.size(document.document_id))
            found.merge(_counts.get_or_make(key, partial(_counted, document, services)))
    return found


def _counted(document: Document, services: Services) -> Quality:
    """Return the counts of one document; none where it has no result."""
    counts = Quality()
    result = read_result(document, services)
    if result is not None:
        counts.add(result, services.reviews.of(document.document_id))
    return counts


def sampled(batch: Batch, services: Services, size: int) -> list[Place]:
    """Return a stratified random sample of a batch's answers; the same until a result changes."""
    mark = hashlib.sha256()
    for document in services.ledger.iterate(batch.job_id):
        mark.update(f"{document.document_id} {document.state} {document.result_key}\n".encode())
    return _samples.get_or_make(
        (batch.job_id, size, mark.hexdigest()),
        lambda: draw(((d.document_id, result) for d, result in with_results(batch, services)), size, batch.job_id),
    )


def with_results(batch: Batch, services: Services) -> Iterator[tuple[Document, dict[str, Any]]]:
    """Yield the documents of a batch that have a result, with it; one result in memory at a time."""
    for document in services.ledger.iterate(batch.job_id):
        result = read_result(document, services)
        if result is not None:
            yield document, result


def _lines(batch: Batch, services: Services, token: Token) -> Iterator[bytes]:
    for document, result in with_results(batch, services):
        known = reviews_for(document, services, token)
        if known.of() and document.pages_key:
            with suppress(FileNotFoundError):  # deleted meanwhile
                pages = all_page_texts(services.store, document.pages_key)
                for row in labelled(document.document_id, result, known, pages):
                    yield orjson.dumps(row) + b"\n"
