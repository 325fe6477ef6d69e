"""``If-Match`` and ``If-None-Match`` of requests that change a numbered version (RFC 9110, 13.1)."""

from __future__ import annotations

from collections.abc import Callable

from decalogo.errors import PreconditionRequiredError


def condition(if_match: str | None, if_none_match: str | None) -> Callable[[int], bool]:
    """Return whether the preconditions of a request hold for the current version, 0 if there is none yet.

    Raises:
        PreconditionRequiredError: the request has neither header.
    """
    if not if_match and not if_none_match:
        raise PreconditionRequiredError('Send If-Match with the ETag of the review you saw, or "0" for none.')

    def holds(version: int) -> bool:
        return (not if_match or _names(if_match, version)) and not (if_none_match and _names(if_none_match, version))

    return holds


def _names(tags: str, version: int) -> bool:
    """Return whether a list of tags names a version; ``*`` names every one except 0.

    A version is a strong tag. nginx makes it weak when it compresses the answer, so a weak tag names the version too.
    """
    if tags.strip() == "*":
        return version > 0
    return str(version) in {tag.strip().removeprefix("W/").strip('"') for tag in tags.split(",")}
