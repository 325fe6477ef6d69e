"""Two printed pages about one document, for somebody who has two minutes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from decalogo.api.dependencies import ServicesDep
from decalogo.api.exports import needed_result
from decalogo.console.found import DocumentDep
from decalogo.console.pages import page
from decalogo.reports.labels import labels_for
from decalogo.reports.view import View
from decalogo.reviews.scores import reviewed_result

router = APIRouter(include_in_schema=False)


@router.get("/documents/{document_id}/summary")
def summary(request: Request, document: DocumentDep, services: ServicesDep) -> Response:
    """Show result, matrix, first recommendations and signature; the browser prints it on two pages."""
    result = needed_result(document, services)
    view = View(result, labels_for(result), document.name)
    known = services.reviews.of(document.document_id)
    return page(
        request,
        "summary.html",
        document=document,
        view=view,
        known=known,
        reviewed=reviewed_result(result, known, view.labels.max_score),
        total=sum(answer["applicable"] for answer in result["answers"]),
    )
