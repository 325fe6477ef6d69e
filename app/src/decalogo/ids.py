"""Random identifiers: a prefix and 128 random bits in Crockford's base 32."""

from __future__ import annotations

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """Return a new identifier, such as ``doc_`` followed by 26 characters."""
    number = secrets.randbits(128)
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
