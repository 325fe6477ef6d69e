"""A signed document as one file that anybody can verify: result, reviews, and the hashes the signature names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from decalogo.evaluation.scoring.result import canonical_json
from decalogo.reviews.model import DocumentReviews

KIND: Final = "decalogo-signed-review"


def bundle(result: Mapping[str, Any], reviews: DocumentReviews, reviewed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the file's content: machine result, the first reader's reviews, reviewed scores, signature."""
    signature = reviews.signature
    return {
        "kind": KIND,
        "version": 1,
        "result": result,
        "reviews": [review.as_dict() for _, review in sorted(reviews.of().items())],
        "reviewed": {name: value for name, value in reviewed.items() if name != "answers"},
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
    problems = []
    if result_digest(content["result"]) != content["result"].get("sha256"):
        problems.append("The machine's result was changed: its content does not match its own SHA-256.")
    if content["result"].get("sha256") != signature["result_sha256"]:
        problems.append("The signature belongs to another result.")
    if hashlib.sha256(canonical_json(content["reviews"])).hexdigest() != signature["reviews_sha256"]:
        problems.append("The reviews were changed after the signature.")
    return problems


def result_digest(result: Mapping[str, Any]) -> str:
    """Return the SHA-256 that a result carries of itself."""
    return hashlib.sha256(
        canonical_json({name: value for name, value in result.items() if name != "sha256"})
    ).hexdigest()
