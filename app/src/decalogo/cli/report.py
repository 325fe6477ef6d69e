"""``decalogo report``: make reports from results, without any service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from decalogo.evaluation.rubric import Rubric
    from decalogo.reports import Evaluated

_PARTS = ("answers", "matrix", "points", "dimensions", "global", "recommendations", "flags", "rubric", "document")


def report(
    result: Annotated[Path, typer.Argument(help="JSON file of a result; with --batch, a folder of such files.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File to write; its extension selects the format. Default: RESULT.html."),
    ] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="Compare all results of a folder (.json and .zip are possible too).")
    ] = False,
    name: Annotated[str, typer.Option(help="Name of the document; default: the file name of the result.")] = "",
    pages: Annotated[
        Path | None,
        typer.Option(help="Page texts from `decalogo evaluate --pages`, to show quotes in their context."),
    ] = None,
    link: Annotated[str, typer.Option(help="URL of the document, for links to its pages.")] = "",
    rubric: Annotated[str, typer.Option(help="Rubric file of the result, if it is not a shipped rubric.")] = "",
    excel: Annotated[
        bool, typer.Option("--excel", help="CSV with the separators that spreadsheets in the rubric's language expect.")
    ] = False,
) -> None:
    """Render a result as HTML, XLSX or CSV; with --batch, compare the results of a folder."""
    from decalogo.errors import DecalogoError
    from decalogo.evaluation.rubric import load_rubric

    output = output or result.with_suffix(".html")
    try:
        known = load_rubric(rubric) if rubric else None
        if batch:
            _compare(result, output, known, excel)
        else:
            _report(result, output, known, excel, name, pages, link)
    except DecalogoError as error:
        _fail(f"{error.title}: {error.detail}")
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}")
    except ValueError as error:
        _fail(str(error))
    typer.echo(str(output))


def _report(
    source: Path, output: Path, rubric: Rubric | None, excel: bool, name: str, pages: Path | None, link: str
) -> None:
    from decalogo.reports import REPORTS

    maker = REPORTS[_format(output, excel, sorted({r.extension for r in REPORTS.values()}))]
    texts = pages.read_bytes().decode().split("\f") if pages else ()
    body = maker.render(_read(source), name=name or source.stem, pages=texts, link=link, rubric=rubric)
    output.write_bytes(body)


def _compare(folder: Path, output: Path, rubric: Rubric | None, excel: bool) -> None:
    from decalogo.reports import COMPARISONS, roll_up

    kind = _format(output, excel, [*sorted({c.extension for c in COMPARISONS.values()}), "zip"])
    documents = _documents(folder, output)
    if kind == "zip":
        from decalogo.reports.archive import reports_zip

        unfinished = output.with_name(f"{output.name}.part")
        with unfinished.open("wb") as file:
            file.writelines(reports_zip(documents, rubric=rubric))
        unfinished.replace(output)
        return
    output.write_bytes(COMPARISONS[kind].render(roll_up(documents, rubric)))


def _documents(folder: Path, output: Path) -> Iterator[Evaluated]:
    """Yield the results of a folder one by one."""
    from decalogo.errors import RequestError
    from decalogo.reports import Evaluated

    files = sorted(file for file in folder.glob("*.json") if file.resolve() != output.resolve())
    if not files:
        raise RequestError(f"{folder} has no results (*.json)")
    for file in files:
        yield Evaluated(file.stem, _read(file))


def _read(file: Path) -> dict[str, Any]:
    import orjson

    from decalogo.errors import RequestError

    try:
        result = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise RequestError(f"{file} is not JSON: {error}") from error
    if not isinstance(result, dict) or result.get("schema_version") != 1 or not all(part in result for part in _PARTS):
        raise RequestError(f"{file} is not a result of schema version 1")
    return result


def _format(output: Path, excel: bool, known: list[str]) -> str:
    from decalogo.errors import RequestError

    ending = output.suffix.removeprefix(".").lower()
    if ending not in known:
        raise RequestError(f"{output}: the extension must be one of {', '.join('.' + name for name in known)}")
    return f"{ending}-excel" if excel and ending == "csv" else ending


def _fail(message: str) -> None:
    typer.echo(f"decalogo report: {' '.join(message.split())}", err=True)
    raise typer.Exit(1)
