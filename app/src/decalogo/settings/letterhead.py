"""The two-page summary for signature: letterhead and texts."""

from __future__ import annotations

from pathlib import Path
from string import Formatter
from typing import Final

from pydantic import BaseModel, Field, field_validator

PLACEHOLDERS: Final = ("name", "percent", "rating", "person", "date")
"""What the texts of a summary may name in braces."""


class LetterheadSettings(BaseModel):
    """Letterhead and texts of the summary for signature; empty texts have a default in the rubric's language."""

    organisation: str = Field("", max_length=200, description="Name of the organisation, at the top of the letterhead.")
    address: str = Field("", max_length=500, description="Further lines of the letterhead, separated by `|`.")
    logo: Path | None = Field(None, description="PNG or JPEG file for the letterhead, up to 1 MiB.")
    title: str = Field("", max_length=200, description="Title of the summary.")
    introduction: str = Field(
        "",
        max_length=1500,
        description="Text before the result; may name {name}, {percent}, {rating}, {person}, {date}.",
    )
    closing: str = Field("", max_length=1500, description="Text before the signature, with the same names in braces.")
    role: str = Field("", max_length=200, description="Position of the person who signs, below the name.")

    @field_validator("introduction", "closing")
    @classmethod
    def _known_placeholders(cls, text: str) -> str:
        try:
            fields = [field for field in Formatter().parse(text) if field[1] is not None]
        except ValueError as error:
            raise ValueError(f"a brace is not closed or not doubled ({error})") from error
        for _, name, form, conversion in fields:
            if name not in PLACEHOLDERS or form or conversion:
                raise ValueError(f"{{{name}}} is not one of {', '.join(PLACEHOLDERS)}")
        return text
