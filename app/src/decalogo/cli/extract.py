"""``decalogo extract``: show what is read of one file, page by page."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from decalogo.cli.counts import counted

_RANGE = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")


class Format(StrEnum):
    """Forms of the answer."""

    TEXT = "text"
    HTML = "html"
    JSON = "json"


def extract(
    file: Annotated[Path, typer.Argument(help="Document to read.", exists=False)],
    pages: Annotated[str, typer.Option(help="Pages, for example 3-5 or 1,7; default: all.")] = "",
    output_format: Annotated[Format, typer.Option("--format", help="Form of the answer.")] = Format.TEXT,
) -> None:
    """Print what is read of one document: page texts with offsets, blocks, headings, tables and flags."""
    from decalogo.errors import DecalogoError
    from decalogo.evaluation.documents.page_view import document_view
    from decalogo.evaluation.extract import extract as extract_document

    try:
        document = extract_document(file)
        view = document_view(document, _numbers(pages, len(document.pages)))
        if output_format is Format.TEXT:
            answer = _as_text(view)
        elif output_format is Format.JSON:
            import json

            answer = json.dumps(view, ensure_ascii=False, indent=1) + "\n"
        else:
            from decalogo.cli.extract_html import as_html

            answer = as_html(view, file)
    except DecalogoError as error:
        _fail(f"{error.title}: {error.detail}")
    except OSError as error:
        _fail(f"{error.filename or file}: {error.strerror or error}")
    sys.stdout.buffer.write(answer.encode())


def _fail(message: str) -> None:
    typer.echo(f"decalogo extract: {' '.join(message.split())}", err=True)
    raise typer.Exit(1)


def _numbers(written: str, count: int) -> list[int]:
    """Return the page numbers that ``--pages`` names, in order.

    Raises:
        RequestError: it names no pages, or one that the document does not have.
    """
    from decalogo.errors import RequestError

    if not written:
        return [*range(1, count + 1)]
    chosen: set[int] = set()
    for part in written.split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            raise RequestError(f"--pages {written!r}: write it as 3-5 or 1,7.")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= count:
            raise RequestError(f"--pages {written!r}: the document has pages 1 to {count}.")
        chosen.update(range(first, last + 1))
    return sorted(chosen)


def _as_text(view: dict[str, Any]) -> str:
    lines = [f"{view['media_type']}, {counted(view['page_count'], 'page')}"]
    lines += [f"flag {flag['code']}: {flag['detail']}" for flag in view["flags"]]
    for page in view["pages"]:
        lines += ["", f"=== page {page['page']}{' (recognised)' if page['recognised'] else ''}"]
        for block in page["blocks"]:
            lines.append(f"[{block['start']}-{block['end']} {block['kind']}]")
            lines.append(page["text"][block["start"] : block["end"]])
        for number, table in enumerate(page["tables"], 1):
            lines.append(f"--- table {number}")
            lines += [" | ".join(table["header"]), *(" | ".join(cell["text"] for cell in row) for row in table["rows"])]
    return "\n".join(lines) + "\n"
