"""Metadata of batches and documents, and points that do not apply: as clients send them."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from decalogo.api.upload.bounded_json import StrictModel
from decalogo.api.upload.display_names import display_text

MAX_PAIRS: Final = 16
MAX_KEY: Final = 64
MAX_VALUE: Final = 512
MAX_POINTS: Final = 1000
"""Greatest number of points in ``not_applicable``; a rubric has far fewer."""
Reason = Annotated[str, Field(max_length=1000)]
KNOWN_PAIRS: Final = ("name", "code", "department", "period")
"""Pairs with a meaning: name and code (DANE) of the municipality, its department, and the period of the plan."""


def few_points(given: object) -> object:
    """Reject a list or mapping with far too many points before each of them is validated."""
    if isinstance(given, list | dict) and len(given) > MAX_POINTS:
        raise PydanticCustomError("too_many_points", "at most {most} points are allowed", {"most": MAX_POINTS})
    return given


def few_pairs(given: object) -> object:
    """Reject a mapping with too many pairs before each of them is validated."""
    if isinstance(given, dict) and len(given) > MAX_PAIRS:
        raise PydanticCustomError("too_many_pairs", "at most {most} pairs are allowed", {"most": MAX_PAIRS})
    return given


def _visible(text: str) -> str:
    shown = display_text(text)
    if not shown:
        raise ValueError("must have visible characters")
    return shown


Key = Annotated[str, Field(max_length=MAX_KEY), AfterValidator(_visible)]
Value = Annotated[str, Field(max_length=MAX_VALUE), AfterValidator(_visible)]
Metadata = Annotated[
    dict[Key, Value],
    BeforeValidator(few_pairs),
    Field(
        description=f"Your own pairs, at most {MAX_PAIRS}: keys up to {MAX_KEY} characters, values up to {MAX_VALUE}."
        " `name`, `code` (DANE), `department` and `period` of a document appear in reports and the console.",
        examples=[{"name": "Florencia", "code": "18001", "department": "Caquetá", "period": "2020-2023"}],
    ),
]
MetadataPatch = Annotated[
    dict[Key, Value | None],
    BeforeValidator(few_pairs),
    Field(description="Pairs to set; null removes a pair (JSON Merge Patch, RFC 7396)."),
]
Points = Annotated[
    list[str] | dict[str, Reason],
    BeforeValidator(few_points),
    Field(
        description="Points that do not apply: a list of ids, or ids with reasons.", examples=[{"P9": "no hay cárcel"}]
    ),
]


class DocumentOptions(StrictModel):
    """Options of one document."""

    id: Annotated[str | None, Field(description="Your own id, unique in the batch.", examples=["florencia"])] = None
    metadata: Metadata = Field(default_factory=dict)
    not_applicable: Annotated[
        Points | None, Field(description="Points that do not apply to this document; replaces that of the batch.")
    ] = None


def points_with_reasons(given: list[str] | dict[str, str]) -> dict[str, str]:
    """Return points as the ledger stores them: id and reason, which may be empty."""
    return given if isinstance(given, dict) else dict.fromkeys(given, "")


def merged(old: dict[str, Any], patch: dict[str, Any]) -> dict[str, str]:
    """Return metadata after a merge patch; the caller checks the number of pairs."""
    return {key: value for key, value in {**old, **patch}.items() if value is not None}
