"""Models of the API's answers about one page of a document."""

from __future__ import annotations

from pydantic import BaseModel, Field

_START = "First character, as an offset in the page's text."
_END = "Offset of the character after the last one."
_SECTION = "Headings above it, outermost first."


class PageBlock(BaseModel):
    """One stretch of a page's text."""

    kind: str = Field(
        description="`prose`, `list`, `heading`, `table-row`, `contents` (entry of a table of contents) or `furniture` "
        "(header, footer or page number). Further kinds may be added.",
        examples=["prose"],
    )
    start: int = Field(description=_START)
    end: int = Field(description=_END)
    level: int | None = Field(default=None, description="Level of a heading, from 1; null for other kinds.")
    section: list[str] = Field(description=f"{_SECTION} A heading is the last of its own.")


class PageHeading(BaseModel):
    """A heading on a page."""

    text: str
    start: int = Field(description=_START)
    end: int = Field(description=_END)
    level: int = Field(description="From 1.")


class PageCell(BaseModel):
    """A cell of a table."""

    text: str
    start: int | None = Field(default=None, description=f"{_START} Null for an empty cell.")
    end: int | None = Field(default=None, description=f"{_END} Null for an empty cell.")


class PageTable(BaseModel):
    """The rows of a table that are on a page."""

    header: list[str] = Field(description="Titles of the columns; empty for a column without a title.")
    section: list[str] = Field(description=_SECTION)
    page: int = Field(description="Page of the table's first row; an earlier one if the table continues here.")
    start: int | None = Field(default=None, description=f"{_START} Null if all cells are empty.")
    end: int | None = Field(default=None, description=f"{_END} Null if all cells are empty.")
    rows: list[list[PageCell]] = Field(description="Each row has one cell per title of the header.")


class PageText(BaseModel):
    """Extracted text of one page and what was read in it; offsets count its Unicode code points.

    Evaluators that report only the text leave the other fields null.
    """

    page: int = Field(description="Number, from 1.")
    text: str
    recognised: bool | None = Field(default=None, description="Whether the text was recognised by OCR.")
    blocks: list[PageBlock] | None = Field(default=None, description="In reading order.")
    headings: list[PageHeading] | None = Field(default=None, description="The blocks that are headings.")
    tables: list[PageTable] | None = Field(default=None, description="In reading order.")


class QuoteBoxes(BaseModel):
    """Where characters of a page's text are on the page of the original."""

    page: int = Field(description="Number, from 1.")
    boxes: list[tuple[float, float, float, float]] = Field(
        description="Left, top, right and bottom of each run, as shares of the page from its top left."
    )
    text: str = Field(description="The characters of the original inside the boxes.")
    ratio: float = Field(description="Height of the page divided by its width.")
