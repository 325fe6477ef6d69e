"""What can go wrong between client and appliance, below ``ClientError`` so that callers may catch one thing."""

from __future__ import annotations

from typing import Any

import httpx

from decalogo.errors import ClientError


class RefusedError(ClientError):
    """The appliance answered with a problem document (RFC 9457).

    Attributes:
        code: the answer's HTTP status.
        members: the problem document; empty when the answer was none (a proxy's page).
    """

    slug, title = "refused", "The appliance refused the request"

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
    """The appliance did not answer, or had no room, for longer than the client is patient."""

    slug, title = "unreachable", "The appliance cannot be reached"


def _members(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
