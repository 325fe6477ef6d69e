"""Parse untrusted JSON: the memory of the parsed value and the number of reported errors are bounded."""

from __future__ import annotations

from typing import Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from decalogo.errors import RequestError

MAX_UNKNOWN: Final = 4
"""Number of unknown members of an object that are reported one by one."""
PIECES: Final = 65_536
"""How many strings, commas and opening brackets any JSON may hold. Each needs about 60 bytes once parsed."""
PIECES_PER_DOCUMENT: Final = 8
"""How many more are allowed per document. A document with its own id needs 7."""


class StrictModel(BaseModel):
    """An object without unknown members. Many of them are one error, because pydantic would make one error for each."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_members(cls, given: Any) -> Any:
        if isinstance(given, dict) and len(given) > len(cls.model_fields) + MAX_UNKNOWN:
            known = ", ".join(f"`{name}`" for name in cls.model_fields)
            values = {"count": len(given), "known": known}
            raise PydanticCustomError("too_many_members", "has {count} members; the known ones are {known}", values)
        return given


def parse_json(raw: bytes | bytearray, what: str, max_documents: int) -> Any:
    """Parse JSON.

    Args:
        raw: the JSON text.
        what: name of the text in errors.
        max_documents: greatest number of documents that the text may describe.

    Raises:
        RequestError: it is not JSON (``line`` and ``column`` locate the error), or has far more parts than needed.
    """
    most = PIECES + PIECES_PER_DOCUMENT * max_documents
    if _has_more_pieces(raw, most):
        raise RequestError(
            f"{what} has more than {most} strings, commas and brackets, far more than {max_documents} documents need."
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
    """Estimate without parsing whether JSON becomes more than ``most`` objects: 10 MiB of it can become 240 MB."""
    unescaped = bytes(raw).replace(b"\\\\", b"").replace(b'\\"', b"")
    strings = unescaped.count(b'"') // 2
    if strings > most:
        return True
    between = b"".join(unescaped.split(b'"')[::2])
    return strings + sum(map(between.count, (b",", b"[", b"{"))) > most
