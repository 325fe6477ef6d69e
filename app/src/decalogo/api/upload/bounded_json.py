"""JSON of strangers, read strictly: what it costs in memory is bounded before it is read, and so are its mistakes."""

from __future__ import annotations

from typing import Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from decalogo.errors import RequestError

MAX_UNKNOWN: Final = 4
"""Unknown members that an object is told one by one."""
PIECES: Final = 65_536
"""Strings, commas and opening brackets of any JSON; read, each takes some 60 bytes."""
PIECES_A_DOCUMENT: Final = 8
"""One with its own id needs 7."""


class StrictModel(BaseModel):
    """An object without unknown members; many of them are one error, because pydantic keeps an object for each."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_members(cls, given: Any) -> Any:
        if isinstance(given, dict) and len(given) > len(cls.model_fields) + MAX_UNKNOWN:
            known = ", ".join(f"`{name}`" for name in cls.model_fields)
            told = {"count": len(given), "known": known}
            raise PydanticCustomError("too_many_members", "has {count} members; there are only {known}", told)
        return given


def parse_json(raw: bytes | bytearray, what: str, max_documents: int) -> Any:
    """Return ``raw`` as JSON.

    Args:
        raw: the JSON text.
        what: what an error calls it.
        max_documents: documents that it may speak of.

    Raises:
        RequestError: it is not JSON (``line`` and ``column`` say where), or has far more parts than it needs for that.
    """
    most = PIECES + PIECES_A_DOCUMENT * max_documents
    if _has_more_pieces(raw, most):
        raise RequestError(
            f"{what} has over {most} strings, commas and brackets, far more than {max_documents} documents need."
        )
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise RequestError(
            f"{what} is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            line=error.lineno,
            column=error.colno,
        ) from error


def _has_more_pieces(raw: bytes | bytearray, most: int) -> bool:
    """Tell whether JSON would become more than ``most`` objects, roughly, without making them: 10 MiB can be 240 MB."""
    unescaped = bytes(raw).replace(b"\\\\", b"").replace(b'\\"', b"")
    strings = unescaped.count(b'"') // 2
    if strings > most:
        return True
    between = b"".join(unescaped.split(b'"')[::2])
    return strings + sum(map(between.count, (b",", b"[", b"{"))) > most
