"""Reviews as labelled data, in the form of the development set that the evaluator is trained on."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from decalogo.reviews.model import DocumentReviews
from decalogo.reviews.quality import judged


def labelled(
    document_id: str, result: Mapping[str, Any], reviews: DocumentReviews, pages: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield one row per point with reviews: an excerpt that is the whole document, and what the reviewer says of it.

    A row holds what the development set (``training/labels``) divides into excerpts and labels:

    - ``id``, ``point``; ``file``, the SHA-256 of the original, which is its name in the corpus folder.
    - ``pages``, first and last; ``start`` and ``end`` in the pages' text joined by line breaks; its ``sha256``.
    - ``labels``: ``Q1.dato`` to 1 or 0, for the elements of the reviewed questions.
    - ``spans``: for each 1 that the machine proved, start and end of the shortest quote, in characters of the excerpt.
      What only the reviewer found has no span.

    Args:
        document_id: the document.
        result: the machine's result.
        reviews: of the document; the first reader's count.
        pages: text of each page.
    """
    first = reviews.of()
    begin = [0, *accumulate(len(page) + 1 for page in pages)]
    labels: dict[str, dict[str, int]] = defaultdict(dict)
    spans: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for answer in result["answers"]:
        review = first.get(answer["id"])
        if review is None or not review.counts_for(answer):
            continue
        for name, machine, person in judged(answer, review):
            key = f"{answer['question']}.{name}"
            labels[answer["point"]][key] = int(person)
            places = [
                [begin[e["page"] - 1] + e["start"], begin[e["page"] - 1] + e["end"]]
                for e in answer["evidence"]
                if e["element"] == name and e["page"] <= len(pages)
            ]
            if machine and person and places:
                spans[answer["point"]][key] = min(places, key=lambda place: place[1] - place[0])
    if not labels:
        return
    text = "\n".join(pages)
    excerpt = {
        "file": result["document"]["sha256"],
        "pages": [1, len(pages)],
        "start": 0,
        "end": len(text),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    for point, found in labels.items():
        name = f"{document_id}-{point}"
        yield {"id": name, "point": point, **excerpt, "labels": found, "spans": spans[point]}
