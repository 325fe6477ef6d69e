"""``decalogo evaluate``: evaluate one file locally, without any service."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from decalogo.cli.counts import counted


def evaluate(
    file: Annotated[Path, typer.Argument(help="Document to evaluate.", exists=False)],
    rubric: Annotated[str, typer.Option(help="Name of a shipped rubric, or a YAML file.")] = "decalogo",
    not_applicable: Annotated[
        list[str] | None, typer.Option(help="POINT=REASON: exclude a point that does not apply; repeatable.")
    ] = None,
    json: Annotated[
        str | None, typer.Option(help="Write the result as JSON to this file; - is standard output.")
    ] = None,
    pages: Annotated[
        Path | None, typer.Option(help="Write the page texts to this file, separated by form feeds.")
    ] = None,
) -> None:
    """Evaluate one document and print the result: matrix, rating, strongest and weakest dimension, flags."""
    import orjson

    from decalogo.errors import DecalogoError
    from decalogo.settings import get_settings
    from decalogo.worker.alone import run_guarded
    from decalogo.worker.guard import cpu_seconds_for

    try:
        reasons, settings = _reasons(not_applicable or []), get_settings()
        allowed = cpu_seconds_for(settings.evaluation, file.stat().st_size)
        answer = orjson.loads(run_guarded(lambda: _evaluated(file, rubric, reasons), settings, allowed))
        if failure := answer.get("failure"):
            _fail(failure)
        if json is not None and json != "-":
            Path(json).write_text(answer["json"] + "\n", encoding="utf-8", newline="")
        if pages is not None:
            pages.write_text("\f".join(answer["pages"]), encoding="utf-8", newline="")
    except DecalogoError as error:
        _fail(f"{error.title}: {error.detail}")
    except OSError as error:
        _fail(f"{error.filename or file}: {error.strerror or error}")
    if json == "-":
        sys.stdout.buffer.write(answer["json"].encode() + b"\n")
    else:
        _show(orjson.loads(answer["json"]))


def _evaluated(file: Path, rubric: str, reasons: dict[str, str]) -> bytes:
    """Return the result and the page texts as JSON, or why there are none; it runs in a process of its own."""
    import orjson

    from decalogo.errors import DecalogoError
    from decalogo.evaluation import EvaluateOptions
    from decalogo.evaluation import evaluate as evaluate_document
    from decalogo.evaluation.rubric import load_rubric

    try:
        done = evaluate_document(file, load_rubric(rubric), EvaluateOptions(not_applicable=reasons))
    except DecalogoError as error:
        return orjson.dumps({"failure": f"{error.title}: {error.detail}"})
    except OSError as error:
        return orjson.dumps({"failure": f"{error.filename or file}: {error.strerror or error}"})
    return orjson.dumps({"json": done.to_json().decode(), "pages": done.pages})


def _fail(message: str) -> None:
    typer.echo(f"decalogo evaluate: {' '.join(message.split())}", err=True)
    raise typer.Exit(1)


def _reasons(given: list[str]) -> dict[str, str]:
    from decalogo.errors import RequestError

    reasons = {}
    for item in given:
        point, sign, reason = item.partition("=")
        if not sign or not reason.strip():
            raise RequestError(f"--not-applicable {item!r}: write it as POINT=REASON")
        reasons[point.strip()] = reason.strip()
    return reasons


def _show(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, 120)  # a file or a pipe has no width
    document, whole = result["document"], result["global"]
    pages = counted(document["pages"], "page")
    console.print(f"{pages}, {document['media_type']}, sha256 {document['sha256'][:16]}…", highlight=False)
    table = Table(title=f"{result['rubric']['id']} {result['rubric']['version']}, percent", expand=True)
    table.add_column("", no_wrap=True, min_width=3)
    dimensions = [dimension["id"] for dimension in result["dimensions"]]
    for name in (*dimensions, "all"):
        table.add_column(name, justify="right", no_wrap=True, min_width=5)
    table.add_column("rating", min_width=14)
    table.add_column("point", no_wrap=True, overflow="ellipsis", ratio=1)
    for point in result["points"]:
        cells = [_percent(result["matrix"][point["id"]][d]) for d in dimensions]
        rating = point["rating"] or "not applicable"
        table.add_row(point["id"], *cells, _percent(point["percent"]), rating, point["title"])
    table.add_section()
    table.add_row(
        "all",
        *[_percent(d["percent"]) for d in result["dimensions"]],
        _percent(whole["percent"]),
        whole["rating"] or "",
    )
    console.print(table)
    titles = {dimension["id"]: dimension["title"] for dimension in result["dimensions"]}
    console.print(
        f"Global: [bold]{_percent(whole['percent'])} %[/bold], {whole['rating'] or 'no aplica'}", highlight=False
    )
    for label in ("strongest", "weakest"):
        if result[label]:
            console.print(f"{label.capitalize()} dimension: {result[label]} {titles[result[label]]}", highlight=False)
    for point in result["points"]:
        if not point["applicable"]:
            console.print(f"{point['id']} not applicable: {point['reason']}", highlight=False, markup=False)
    for flag in result["flags"]:
        console.print(f"Flag {flag['code']}: {flag['detail']}", highlight=False, style="yellow", markup=False)


def _percent(value: float | None) -> str:
    from decalogo.reports.numbers import rounded

    return "-" if value is None else rounded(value)
