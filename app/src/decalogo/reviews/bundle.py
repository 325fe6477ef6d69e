"""A signed document as one file that anybody can verify: result, reviews, and the hashes the signature names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from decalogo.evaluation.scoring.result import canonical_json
from decalogo.reviews.model import DocumentReviews, Track, review_of
from decalogo.reviews.scores import reviewed_result

KIND: Final = "decalogo-signed-review"
_ROUNDED: Final = 0.02
"""Percentage points by which two roundings of one mean may differ."""


def bundle(result: Mapping[str, Any], reviews: DocumentReviews, max_score: float) -> dict[str, Any]:
    """Return the file's content: machine result, the first reader's reviews, reviewed scores, signature.

    Args:
        result: the machine's result.
        reviews: of the document.
        max_score: highest score of a question.
    """
    signature = reviews.signature
    return {
        "kind": KIND,
        "version": 1,
        "result": result,
        "reviews": [review.as_dict() for _, review in sorted(reviews.of().items())],
        "max_score": max_score,
        "reviewed": _scores(result, reviews, max_score),
        "state": reviews.state.value,
        "signature": None if signature is None else signature.as_dict(),
    }


def verify(content: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a bundle; nothing for an intact, signed one."""
    if content.get("kind") != KIND:
        return ["The file is not a signed review of this appliance."]
    signature = content.get("signature")
    if not signature:
        return ["The document is not signed."]
    try:
        return _problems(content, signature)
    except (KeyError, TypeError, ValueError, AttributeError):
        return ["The file is damaged: parts of it are missing or have another form."]


def _problems(content: Mapping[str, Any], signature: Mapping[str, Any]) -> list[str]:
    problems = []
    if result_digest(content["result"]) != content["result"].get("sha256"):
        problems.append("The machine's result was changed: its content does not match its own SHA-256.")
    if content["result"].get("sha256") != signature["result_sha256"]:
        problems.append("The signature belongs to another result.")
    if hashlib.sha256(canonical_json(content["reviews"])).hexdigest() != signature["reviews_sha256"]:
        problems.append("The reviews were changed after the signature.")
    return problems or _wrong_scores(content)


def _wrong_scores(content: Mapping[str, Any]) -> list[str]:
    """Return whether the reviewed scores do not follow from result and reviews."""
    result, max_score = content["result"], content["max_score"]
    machine = _scores(result, DocumentReviews(), max_score)["global"]
    if abs((machine or 0.0) - (result["global"]["percent"] or 0.0)) > _ROUNDED:
        return ["The maximum score was changed: the machine's result does not follow from it."]
    reviews = DocumentReviews(answers={(Track.FIRST, row["answer"]): review_of(row) for row in content["reviews"]})
    if _scores(result, reviews, max_score) != content["reviewed"]:
        return ["The reviewed scores were changed: they do not follow from result and reviews."]
    return []


def _scores(result: Mapping[str, Any], reviews: DocumentReviews, max_score: float) -> dict[str, Any]:
    reviewed = reviewed_result(result, reviews, max_score)
    return {name: value for name, value in reviewed.items() if name != "answers"}


def result_digest(result: Mapping[str, Any]) -> str:
    """Return the SHA-256 that a result carries of itself."""
    return hashlib.sha256(
        canonical_json({name: value for name, value in result.items() if name != "sha256"})
    ).hexdigest()
