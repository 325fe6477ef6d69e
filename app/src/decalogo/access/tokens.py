"""Access tokens of the form ``dcl_<id>_<secret>``, stored as a hash.

A secret has 256 random bits. It cannot be guessed, so one SHA-256 is sufficient and a slow hash would add no security.

Keys, all in the ledger's database:

- ``token:<id>`` hash: ``sha256`` (hex digest of the secret; gone once revoked), ``name``, ``tenant``, ``tier``,
  ``scopes`` (separated by spaces), ``created``, ``expires`` (0: never), ``revoked`` (0: not), ``last_used`` (absent:
  not yet; written at most once a minute) in Unix seconds
- ``tokens`` sorted set of every id ever registered, scored by ``created``
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, cast

import redis

from decalogo.errors import NotFoundError, UnauthorizedError

_INDEX = "tokens"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TOKEN = re.compile(r"dcl_([0-9A-Za-z]{4,64})_([0-9A-Za-z_-]{16,128})")
_ID = re.compile(r"[0-9A-Za-z]{4,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Tier(StrEnum):
    """Tier of a token; the settings ``api.standard`` and ``api.premium`` define the limits of each."""

    STANDARD = "standard"
    PREMIUM = "premium"


class Scope(StrEnum):
    """Scope of a token: submit batches, read the own batches, operate the appliance, review answers."""

    SUBMIT = "submit"
    READ = "read"
    OPERATE = "operate"
    REVIEW = "review"


SUBMITTER: Final = frozenset({Scope.SUBMIT, Scope.READ})
LAST_USED_SECONDS: Final = 60.0
ADMIN_FILE: Final = "admin-token.sha256"


@dataclass(frozen=True, slots=True)
class Token:
    """Token without its secret; times are Unix seconds.

    Attributes:
        tenant: owner of the batches submitted with it; several tokens may share a tenant.
        expires: 0 means never.
        revoked: 0 means not revoked.
        last_used: 0 means never; accurate to a minute.
    """

    token_id: str
    name: str
    tenant: str
    tier: Tier
    scopes: frozenset[Scope]
    created: float
    expires: float
    revoked: float = 0.0
    last_used: float = field(default=0.0, compare=False)

    def usable(self, now: float) -> bool:
        """Return whether it is neither revoked nor expired at ``now``."""
        return not self.revoked and (not self.expires or now < self.expires)


def mint() -> tuple[str, str, str]:
    """Make a new token; return its id, the token, and the digest to store."""
    token_id = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    secret = _secret()
    return token_id, f"dcl_{token_id}_{secret}", digest(secret)


def _secret() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(52))


def digest(secret: str) -> str:
    """Return the hex SHA-256 of the secret part of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _refusal(token: Token | None, right: bool, now: float) -> str:
    if token is None:
        return "unknown"
    if token.revoked:
        return "revoked"  # its digest is deleted, so the secret cannot be compared
    return "expired" if right and not token.usable(now) else "wrong"


class TokenStore:
    """Tokens in Redis. Nothing is cached, so every process rejects a revoked token immediately.

    Args:
        client: connection to the ledger's database that decodes replies.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def create(
        self,
        name: str,
        tier: Tier,
        *,
        days: float = 365.0,
        tenant: str = "",
        scopes: Iterable[Scope] = SUBMITTER,
    ) -> str:
        """Make a token and return it; it cannot be read again.

        Args:
            name: purpose of the token, for people.
            tier: its tier.
            days: days until it expires.
            tenant: owner of its batches; empty: the name of the token.
            scopes: by default submit and read.
        """
        token_id, text, kept = mint()
        now = time.time()
        self.register(Token(token_id, name, tenant or name, tier, frozenset(scopes), now, now + days * 86_400), kept)
        return text

    def register(self, token: Token, kept: str) -> bool:
        """Record a token; return False when its id was registered before, even if it is revoked."""
        key = f"token:{token.token_id}"
        fields: dict[Any, Any] = {
            "sha256": kept,
            "name": token.name,
            "tenant": token.tenant,
            "tier": token.tier.value,
            "scopes": " ".join(sorted(token.scopes)),
            "created": repr(token.created),
            "expires": repr(token.expires),
            "revoked": "0",
        }
        with self._redis.pipeline() as pipe:
            while True:
                try:
                    pipe.watch(key)  # type: ignore[no-untyped-call]
                    if pipe.exists(key):
                        return False
                    pipe.multi()
                    pipe.hset(key, mapping=fields)
                    pipe.zadd(_INDEX, {token.token_id: token.created})
                    pipe.execute()
                except redis.WatchError:
                    continue
                return True

    def check(self, text: str) -> Token:
        """Return the token of ``text``.

        Raises:
            UnauthorizedError: it is malformed, unknown, expired or revoked. The message does not say which.
        """
        match = _TOKEN.fullmatch(text)
        kept, token = self._read(match[1]) if match else ("", None)
        # An unknown id takes the same comparison, and the same time, as a known one.
        right = hmac.compare_digest(digest(match[2] if match else ""), kept or "0" * 64)
        now = time.time()
        if token is None or not right or not token.usable(now):
            reason = "malformed" if match is None else _refusal(token, right, now)
            raise UnauthorizedError("The token is not valid: it is unknown, expired or revoked.", reason)
        if now - token.last_used > LAST_USED_SECONDS:
            self._redis.hset(f"token:{token.token_id}", "last_used", repr(now))
        return token

    def current(self, token_id: str, secret_digest: str) -> Token | None:
        """Return a token while it is usable and its secret still has this digest, otherwise None."""
        kept, token = self._read(token_id)
        if token is None or not hmac.compare_digest(kept, secret_digest) or not token.usable(time.time()):
            return None
        return token

    def usable(self, token_id: str) -> bool:
        """Return whether a token exists and is neither expired nor revoked."""
        token = self._read(token_id)[1]
        return token is not None and token.usable(time.time())

    def show(self, token_id: str) -> Token:
        """Return a token by its id; raise :class:`NotFoundError`."""
        token = self._read(token_id)[1]
        if token is None:
            raise NotFoundError(f"There is no token {token_id!r}.")
        return token

    def rotate(self, token_id: str) -> str:
        """Replace the secret of a token and return the token. The old secret is invalid immediately.

        Raises:
            NotFoundError: no token has this id, or it is revoked.
        """
        token = self.show(token_id)
        if token.revoked:
            raise NotFoundError(f"Token {token_id!r} is revoked; make a new one.")
        secret = _secret()
        self._redis.hset(f"token:{token_id}", "sha256", digest(secret))
        return f"dcl_{token_id}_{secret}"

    def list(self) -> list[Token]:
        """Return all tokens, oldest first, including revoked and expired ones."""
        ids = cast("list[str]", self._redis.zrange(_INDEX, 0, -1))
        return [token for token_id in ids if (token := self._read(token_id)[1])]

    def revoke(self, token_id: str) -> Token:
        """Revoke a token permanently. Its entry stays, so that the same id cannot be registered again.

        Raises:
            NotFoundError: no token has this id.
        """
        token = self.show(token_id)
        if not token.revoked:
            with self._redis.pipeline() as pipe:
                pipe.hset(f"token:{token_id}", "revoked", repr(time.time()))
                pipe.hdel(f"token:{token_id}", "sha256")
                pipe.execute()
        return token

    def _read(self, token_id: str) -> tuple[str, Token | None]:
        raw = cast("dict[str, str]", self._redis.hgetall(f"token:{token_id}"))
        if not raw:
            return "", None
        token = Token(
            token_id=token_id,
            name=raw["name"],
            tenant=raw["tenant"],
            tier=Tier(raw["tier"]),
            scopes=frozenset(Scope(scope) for scope in raw["scopes"].split()),
            created=float(raw["created"]),
            expires=float(raw["expires"]),
            revoked=float(raw["revoked"]),
            last_used=float(raw.get("last_used", "0")),
        )
        return raw.get("sha256", ""), token


def adopt_admin_token(store: TokenStore, secrets_dir: Path) -> list[str]:
    """Register the admin token that ``decalogo setup`` renewed, revoke earlier ones, and return their ids.

    Only the tokens of ``setup`` never expire, so tokens that people made stay valid.
    """
    register_admin_token(store, secrets_dir)
    current = (secrets_dir / ADMIN_FILE).read_text(encoding="utf-8").split()[0]
    old = [each.token_id for each in store.list() if is_admin_token(each) and each.token_id != current]
    for token_id in old:
        store.revoke(token_id)
    return old


def is_admin_token(token: Token) -> bool:
    """Return whether ``decalogo setup`` made this token, and it is not revoked."""
    return (token.name, token.tenant, token.expires, token.revoked) == ("admin", "admin", 0.0, 0.0)


def register_admin_token(store: TokenStore, secrets_dir: Path) -> bool:
    """Register the token that ``decalogo setup`` made, unless it was registered before.

    It belongs to the tenant ``admin``, has the tier premium and every scope, and does not expire.
    ``admin-token.sha256`` holds one line, ``<id> <hex sha256 of the secret>``; a malformed one raises ``ValueError``.
    """
    path = secrets_dir / ADMIN_FILE
    if not path.is_file():
        return False
    token_id, _, kept = path.read_text(encoding="utf-8").strip().partition(" ")
    if not _ID.fullmatch(token_id) or not _DIGEST.fullmatch(kept):
        raise ValueError(f"{path} must hold one line: <token id> <hex sha256 of its secret>")
    admin = Token(token_id, "admin", "admin", Tier.PREMIUM, frozenset(Scope), time.time(), 0.0)
    return store.register(admin, kept)
