"""Whether what came back is the answer to what was handed in. Needs nothing but Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ANSWERS = 300


def field_name(name: str) -> str:
    """Return a file's name as it may stand in quotes in a multipart body (as browsers write it)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def unlike(result: Mapping[str, Any], sha256: str) -> str:
    """Return what is wrong with a result, or nothing.

    Args:
        result: as the appliance hands it out.
        sha256: of the bytes that were handed in, hex.
    """
    if (found := (result.get("document") or {}).get("sha256")) != sha256:
        return f"a result of another document ({str(found)[:12]} instead of {sha256[:12]})"
    answers = result.get("answers") or []
    if len(answers) != ANSWERS or len({answer.get("id") for answer in answers}) != ANSWERS:
        return f"{len(answers)} answers instead of {ANSWERS}"
    return ""


def unmatched(documents: list[Mapping[str, Any]], handed_in: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with a finished batch by own id: ``lost``, ``doubled``, ``wrong …`` or a state.

    Args:
        documents: its documents, as the appliance lists them.
        handed_in: SHA-256 by own id.
    """
    wrong: dict[str, str] = {}
    seen: set[str] = set()
    for document in documents:
        custom_id = str(document.get("custom_id"))
        if custom_id in seen:
            wrong[custom_id] = "doubled"
        elif handed_in.get(custom_id) != document.get("sha256"):
            wrong[custom_id] = "wrong: listed with other bytes"
        elif document.get("state") != "succeeded":
            wrong[custom_id] = f"ended {document.get('state')}"
        seen.add(custom_id)
    for custom_id in handed_in.keys() - seen:
        wrong[custom_id] = "lost"
    return wrong
