"""What reviews say about the machine: quality of a batch, samples to measure it, labelled data for training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from decalogo.access.tokens import Token
from decalogo.api.dependencies import OwnBatch, Reader, ServicesDep, limited
from decalogo.api.exports import read_result, reviews_for
from decalogo.api.problem_types import declare
from decalogo.api.review_schemas import Sample, SamplePlace
from decalogo.api.services import Services
from decalogo.batches.states import Batch, Document
from decalogo.errors import BodyError, ForbiddenError, NotFoundError, UnauthorizedError, UnavailableError
from decalogo.reviews.labels import labelled
from decalogo.reviews.quality import Quality
from decalogo.reviews.sampling import draw

router = APIRouter(prefix="/batch", tags=["reviews"], dependencies=[limited("reads")])

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
    places = draw(((d.document_id, result) for d, result in with_results(batch, services)), size, batch.job_id)
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
def labels(batch: OwnBatch, services: ServicesDep, token: Reader) -> Response:
    """In the form of the labelled development set, so that a model can be trained on them."""
    return StreamingResponse(_lines(batch, services, token), media_type="application/x-ndjson")


def measured(batch: Batch, services: Services) -> Quality:
    """Return the counts of all reviews of a batch; blocking."""
    found = Quality()
    for document, result in with_results(batch, services):
        found.add(result, services.reviews.of(document.document_id))
    return found


def with_results(batch: Batch, services: Services) -> Iterator[tuple[Document, dict[str, Any]]]:
    """Yield the documents of a batch that have a result, with it; one result in memory at a time."""
    for document in services.ledger.iterate(batch.job_id):
        result = read_result(document, services)
        if result is not None:
            yield document, result


def _lines(batch: Batch, services: Services, token: Token) -> Iterator[bytes]:
    for document, result in with_results(batch, services):
        for row in labelled(document.document_id, result, reviews_for(document, services, token)):
            yield orjson.dumps(row) + b"\n"
