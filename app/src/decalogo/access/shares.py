"""Links that show the report of one document, or the comparison of one batch, without a token.

The code of a link has 256 random bits and is kept only as a hash. A link expires, can be revoked, and counts its uses.

Keys, all in the ledger's database:

- ``share:<id>`` hash, where the id is the SHA-256 of the code: ``tenant``, ``kind`` (``document`` or ``batch``),
  ``target`` (id), ``by`` (name of the token), ``created``, ``expires`` (Unix seconds), ``uses``; expires with the link
- ``shares:<target>`` set of the ids of a document's or batch's links
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import redis

from decalogo.errors import NotFoundError

Kind = Literal["document", "batch"]
_CODE: Final = re.compile(r"[0-9A-Za-z_-]{43}")
_ID: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Share:
    """A link as it is known, without its code; times are Unix seconds."""

    share_id: str
    tenant: str
    kind: Kind
    target: str
    by: str
    created: float
    expires: float
    uses: int


class ShareStore:
    """Links in Redis.

    Args:
        client: connection to the ledger's database that decodes answers to text.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def create(self, tenant: str, kind: Kind, target: str, by: str, days: int) -> tuple[str, Share]:
        """Make a link; return its code, which can be seen only now, and the link."""
        code = secrets.token_urlsafe(32)
        share_id = hashlib.sha256(code.encode()).hexdigest()
        now = time.time()
        share = Share(share_id, tenant, kind, target, by, now, now + days * 86_400, 0)
        fields: dict[Any, Any] = {
            "tenant": tenant,
            "kind": kind,
            "target": target,
            "by": by,
            "created": repr(share.created),
            "expires": repr(share.expires),
            "uses": 0,
        }
        with self._redis.pipeline() as pipe:
            pipe.hset(f"share:{share_id}", mapping=fields)
            pipe.expire(f"share:{share_id}", days * 86_400)
            pipe.sadd(f"shares:{target}", share_id)
            pipe.expire(f"shares:{target}", days * 86_400, gt=True)
            pipe.expire(f"shares:{target}", days * 86_400, nx=True)
            pipe.execute()
        return code, share

    def use(self, code: str) -> Share:
        """Return the link of a code and count the use; raises :class:`NotFoundError`."""
        share_id = hashlib.sha256(code.encode()).hexdigest()
        share = self._read(share_id) if _CODE.fullmatch(code) else None
        if share is None:
            raise NotFoundError("The link is unknown, expired or revoked.")
        self._redis.hincrby(f"share:{share_id}", "uses", 1)
        return share

    def of(self, target: str) -> list[Share]:
        """Return the links of a document or batch, oldest first."""
        ids = cast("set[str]", self._redis.smembers(f"shares:{target}"))
        return sorted((s for name in ids if (s := self._read(name))), key=lambda share: share.created)

    def revoke(self, share_id: str, tenant: str) -> Share:
        """Revoke a link of a tenant; raises :class:`NotFoundError`."""
        share = self._read(share_id) if _ID.fullmatch(share_id) else None
        if share is None or share.tenant != tenant:
            raise NotFoundError("There is no such link.")
        with self._redis.pipeline() as pipe:
            pipe.delete(f"share:{share_id}")
            pipe.srem(f"shares:{share.target}", share_id)
            pipe.execute()
        return share

    def _read(self, share_id: str) -> Share | None:
        raw = cast("dict[str, str]", self._redis.hgetall(f"share:{share_id}"))
        if "tenant" not in raw:  # gone, or only a count that came after it
            return None
        return Share(
            share_id,
            raw["tenant"],
            cast(Kind, raw["kind"]),
            raw["target"],
            raw["by"],
            float(raw["created"]),
            float(raw["expires"]),
            int(raw["uses"]),
        )
