"""Errors between client and appliance; all are ``ClientError``."""

from __future__ import annotations

from typing import Any

import httpx

from decalogo.errors import ClientError


class RefusedError(ClientError):
    """The appliance rejected the request.

    Attributes:
        code: the HTTP status.
        members: the problem document (RFC 9457); empty if the answer has none, such as a proxy's error page.
    """

    slug, title = "refused", "The appliance rejected the request"

    def __init__(self, response: httpx.Response) -> None:
        self.code = response.status_code
        self.members = _members(response)
        title = str(self.members.get("title") or response.reason_phrase)
        detail = str(self.members.get("detail") or "")
        text = f"{title}: {detail}" if detail else title
        if request_id := self.members.get("request_id"):
            text += f" (request {request_id})"
        super().__init__(text)


class UnreachableError(ClientError):
    """The appliance did not answer, or had no capacity, until the retry timeout."""

    slug, title = "unreachable", "The appliance is unreachable"


def _members(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
