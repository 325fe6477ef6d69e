"""Reviews as labelled data, in the form of the development set that the evaluator is trained on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from decalogo.reviews.model import DocumentReviews
from decalogo.reviews.quality import judged


def labelled(document_id: str, result: Mapping[str, Any], reviews: DocumentReviews) -> Iterator[dict[str, Any]]:
    """Yield one row per point with reviews.

    A row holds ``id``, ``document`` (SHA-256), ``point``, ``labels`` (``Q1.dato`` to 1 or 0, what the reviewer says),
    and ``spans``: for each 1 that the machine proved, page, start and end of the quotes. Corrections without evidence
    of the machine have no span.
    """
    first = reviews.of()
    labels: dict[str, dict[str, int]] = defaultdict(dict)
    spans: dict[str, dict[str, list[list[int]]]] = defaultdict(dict)
    for answer in result["answers"]:
        review = first.get(answer["id"])
        if review is None or not review.counts_for(answer):
            continue
        for name, machine, person in judged(answer, review):
            key = f"{answer['question']}.{name}"
            labels[answer["point"]][key] = int(person)
            places = [[e["page"], e["start"], e["end"]] for e in answer["evidence"] if e["element"] == name]
            if machine and person and places:
                spans[answer["point"]][key] = places
    for point, found in labels.items():
        yield {
            "id": f"{document_id}-{point}",
            "document": result["document"]["sha256"],
            "point": point,
            "labels": found,
            "spans": spans[point],
        }
