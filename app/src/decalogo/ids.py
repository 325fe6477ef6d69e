"""Unguessable identifiers: a readable prefix and 128 random bits in Crockford's base 32."""

from __future__ import annotations

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """Return e.g. ``doc_`` and 26 characters."""
    number = secrets.randbits(128)
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
