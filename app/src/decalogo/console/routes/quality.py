"""How good the machine is on the office's own documents: measured from reviews, and a sample to measure it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from decalogo.api.dependencies import ServicesDep
from decalogo.api.exports import read_result
from decalogo.api.routes.quality import measured, with_results
from decalogo.console.found import BatchDep
from decalogo.console.pages import page
from decalogo.console.security import VisitorDep
from decalogo.reports.labels import labels_for
from decalogo.reviews.model import Track
from decalogo.reviews.quality import Tally, judged
from decalogo.reviews.sampling import draw

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
    """Show a stratified random sample of answers, what is reviewed of it, and the interval by now."""
    results = {document.document_id: (document, result) for document, result in with_results(batch, services)}
    places = draw(((name, result) for name, (_, result) in results.items()), size, batch.job_id)
    tally, rows = Tally(), []
    for document_id, answer_id in places:
        document, result = results[document_id]
        answer = next(item for item in result["answers"] if item["id"] == answer_id)
        review = services.reviews.of(document_id).answers.get((Track.FIRST, answer_id))
        rows.append((document, answer, review))
        for _, machine, person in judged(answer, review) if review else ():
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
