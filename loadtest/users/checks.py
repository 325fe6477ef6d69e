"""Check that results belong to the submitted documents. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ANSWERS = 300


def field_name(name: str) -> str:
    """Escape a file name for a quoted multipart header, as browsers do."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def unlike(result: Mapping[str, Any], sha256: str) -> str:
    """Return the flaw of a result, or an empty string.

    Args:
        result: result of the appliance.
        sha256: hash of the submitted bytes, hex.
    """
    if (found := (result.get("document") or {}).get("sha256")) != sha256:
        return f"a result of another document ({str(found)[:12]} instead of {sha256[:12]})"
    answers = result.get("answers") or []
    if len(answers) != ANSWERS or len({answer.get("id") for answer in answers}) != ANSWERS:
        return f"{len(answers)} answers instead of {ANSWERS}"
    return ""


def unmatched(documents: list[Mapping[str, Any]], submitted: Mapping[str, str]) -> dict[str, str]:
    """Return the flaws of a finished batch by own id: ``lost``, ``doubled``, ``wrong …``, or a state with its reason.

    Args:
        documents: documents of the batch, as listed.
        submitted: SHA-256 by own id.
    """
    wrong: dict[str, str] = {}
    seen: set[str] = set()
    for document in documents:
        custom_id = str(document.get("custom_id"))
        if custom_id in seen:
            wrong[custom_id] = "doubled"
        elif submitted.get(custom_id) != document.get("sha256"):
            wrong[custom_id] = "wrong: listed with other bytes"
        elif document.get("state") != "succeeded":
            detail = (document.get("problem") or {}).get("detail")
            wrong[custom_id] = f"ended {document.get('state')}{f': {detail}' if detail else ''}"
        seen.add(custom_id)
    for custom_id in submitted.keys() - seen:
        wrong[custom_id] = "lost"
    return wrong
