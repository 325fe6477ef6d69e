"""How good the machine is on the office's own documents: measured from reviews, and a sample to measure it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from decalogo.api.dependencies import ServicesDep
from decalogo.api.exports import read_result
from decalogo.api.routes.quality import measured, sampled
from decalogo.console.found import BatchDep
from decalogo.console.pages import page
from decalogo.console.security import VisitorDep
from decalogo.reports.labels import labels_for
from decalogo.reviews.quality import Tally, judged

router = APIRouter(prefix="/batches/{job_id}", include_in_schema=False)


@router.get("/quality")
def quality_page(request: Request, batch: BatchDep, services: ServicesDep) -> Response:
    """Show precision and missed share per question, with intervals."""
    found = measured(batch, services).as_dict()
    first = next((document for document in services.ledger.iterate(batch.job_id) if document.result_key), None)
    result = read_result(first, services) if first else None
    return page(request, "quality.html", batch=batch, found=found, labels=labels_for(result) if result else None)


@router.get("/sample")
def sample_page(
    request: Request,
    batch: BatchDep,
    services: ServicesDep,
    session: VisitorDep,
    size: Annotated[int, Query(ge=2, le=300)] = 60,
) -> Response:
    """Show a stratified random sample of answers, its reviews, and the precision so far with its interval."""
    places = sampled(batch, services, size)
    chosen = set(places)
    of_documents = {document_id for document_id, _ in places}
    # The results of a large batch do not fit into memory: those of the sample are read again, one at a time.
    answers = {
        (document.document_id, answer["id"]): (document, answer)
        for document in services.ledger.iterate(batch.job_id)
        if document.document_id in of_documents and (result := read_result(document, services))
        for answer in result["answers"]
        if (document.document_id, answer["id"]) in chosen
    }
    tally, rows = Tally(), []
    for place in places:
        if place not in answers:
            continue  # deleted meanwhile
        document, answer = answers[place]
        known = services.reviews.of(document.document_id)
        review = known.answers.get((known.track_of(session.token.name), answer["id"]))
        rows.append((document, answer, review))
        for _, machine, person in judged(answer, review) if review and review.counts_for(answer) else ():
            tally.add(machine, person)
    return page(
        request,
        "sample.html",
        batch=batch,
        rows=rows,
        size=size,
        reviewed=sum(review is not None for _, _, review in rows),
        tally=tally.as_dict(),
    )
