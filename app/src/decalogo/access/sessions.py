"""Browser sessions over access tokens: a random id in a cookie, everything else in Redis.

A session never outlives its token. Each check reads the token again, so a session ends with the revocation, the
expiry or the rotation of its token, in every API process.

Keys, all in the ledger's database:

- ``session:<sha256 of the id>`` hash: ``token`` (id), ``sha256`` (digest of the token's secret when the session
  began), ``csrf`` (random), ``seen`` (Unix seconds, written at most once per minute); expires after ``IDLE_SECONDS``
- ``token-sessions:<token id>`` set of the digests of its sessions; expires with the last of them
- ``sign-in-link:<sha256 of the code>`` hash: ``token``, ``sha256``; expires after ``LINK_SECONDS``, usable once
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any, Final, cast

import redis

from decalogo.access.tokens import Token, TokenStore, digest
from decalogo.errors import UnauthorizedError

IDLE_SECONDS: Final = 12 * 3600
LINK_SECONDS: Final = 600
_SEEN_SECONDS: Final = 60.0
_ID = re.compile(r"[0-9A-Za-z_-]{43}")


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser.

    Attributes:
        token: the token it signed in with.
        csrf: value that forms and scripts of this session send back.
        key: digest of the session's id; identifies the session in Redis.
    """

    token: Token
    csrf: str
    key: str


class SessionStore:
    """Sessions in Redis.

    Args:
        client: connection to the ledger's database that decodes answers to text.
        tokens: the tokens that sessions stand for.
    """

    def __init__(self, client: redis.Redis, tokens: TokenStore) -> None:
        self._redis = client
        self._tokens = tokens

    def begin(self, text: str) -> str:
        """Sign in with a token and return the new session's id: the value of the cookie.

        Raises:
            UnauthorizedError: the token is malformed, unknown, expired or revoked.
        """
        token = self._tokens.check(text)
        return self._begin(token.token_id, digest(text.rpartition("_")[2]))

    def check(self, session_id: str) -> Session:
        """Return the session of a cookie and postpone its end.

        Raises:
            UnauthorizedError: there is no such session, or its token is no longer valid.
        """
        key = hashed(session_id)
        raw = cast("dict[str, str]", self._redis.hgetall(f"session:{key}")) if _ID.fullmatch(session_id) else {}
        token = self._tokens.current(raw["token"], raw["sha256"]) if raw else None
        if token is None:
            if raw:
                self._delete(key, raw["token"])
            raise UnauthorizedError("The session has ended; sign in again.", "session")
        now = time.time()
        if now - float(raw["seen"]) > _SEEN_SECONDS:
            with self._redis.pipeline() as pipe:
                pipe.hset(f"session:{key}", "seen", repr(now))
                self._postpone(pipe, key, token.token_id)
                pipe.execute()
        return Session(token, raw["csrf"], key)

    def end(self, session: Session) -> None:
        """Sign one browser out."""
        self._delete(session.key, session.token.token_id)

    def end_all(self, token_id: str) -> int:
        """Sign out every browser that signed in with a token; return how many there were."""
        keys = cast("set[str]", self._redis.smembers(f"token-sessions:{token_id}"))
        with self._redis.pipeline() as pipe:
            for key in keys:
                pipe.delete(f"session:{key}")
            pipe.delete(f"token-sessions:{token_id}")
            removed = pipe.execute()
        return sum(removed[:-1])

    def link(self, text: str) -> str:
        """Return a code that signs in once within ``LINK_SECONDS``.

        Raises:
            UnauthorizedError: the token is not valid.
        """
        token = self._tokens.check(text)
        code = secrets.token_urlsafe(32)
        key = f"sign-in-link:{hashed(code)}"
        with self._redis.pipeline() as pipe:
            pipe.hset(key, mapping={"token": token.token_id, "sha256": digest(text.rpartition("_")[2])})
            pipe.expire(key, LINK_SECONDS)
            pipe.execute()
        return code

    def redeem(self, code: str) -> str:
        """Use up a sign-in code and return the new session's id.

        Raises:
            UnauthorizedError: the code is unknown, used or too old, or its token is no longer valid.
        """
        key = f"sign-in-link:{hashed(code)}"
        with self._redis.pipeline() as pipe:
            pipe.hgetall(key)
            pipe.delete(key)
            raw, deleted = pipe.execute()
        if not deleted or self._tokens.current(raw["token"], raw["sha256"]) is None:
            raise UnauthorizedError("The sign-in link is used or older than ten minutes.", "link")
        return self._begin(raw["token"], raw["sha256"])

    def _begin(self, token_id: str, secret_digest: str) -> str:
        session_id = secrets.token_urlsafe(32)
        key = hashed(session_id)
        fields: dict[Any, Any] = {
            "token": token_id,
            "sha256": secret_digest,
            "csrf": secrets.token_urlsafe(32),
            "seen": repr(time.time()),
        }
        with self._redis.pipeline() as pipe:
            pipe.hset(f"session:{key}", mapping=fields)
            pipe.sadd(f"token-sessions:{token_id}", key)
            self._postpone(pipe, key, token_id)
            pipe.execute()
        return session_id

    def _postpone(self, pipe: Any, key: str, token_id: str) -> None:
        pipe.expire(f"session:{key}", IDLE_SECONDS)
        pipe.expire(f"token-sessions:{token_id}", IDLE_SECONDS)

    def _delete(self, key: str, token_id: str) -> None:
        with self._redis.pipeline() as pipe:
            pipe.delete(f"session:{key}")
            pipe.srem(f"token-sessions:{token_id}", key)
            pipe.execute()


def hashed(value: str) -> str:
    """Return the hex SHA-256 under which a cookie's or a link's value is kept."""
    return hashlib.sha256(value.encode()).hexdigest()
