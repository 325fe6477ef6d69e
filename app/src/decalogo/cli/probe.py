"""``decalogo probe``: does an appliance judge a document rightly, and how many of them an hour?"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from decalogo.cli import client

if TYPE_CHECKING:
    from decalogo.client.appliance import Appliance

TOO_SLOW = 5


def probe(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Document to hand in.", exists=True, dir_okay=False)],
    documents: Annotated[int, typer.Option(help="Copies of it, each made one of a kind.", min=1)] = 1,
    target: Annotated[float, typer.Option(help="Documents an hour that are wanted.", min=0)] = 0.0,
    seconds: Annotated[float, typer.Option(help="Seconds after which it is given up.", min=1)] = 300.0,
    url: client.Url = "",
    token: client.TokenText = "",
    token_file: client.TokenFile = None,
    ca: client.CaFile = None,
    insecure: client.Insecure = False,
    patience: client.Patience = 120.0,
) -> None:
    """Hand a document in, check every result, say how many an hour that is, and delete it again.

    Exit status as of `decalogo submit`: 3 when a result is missing or another document's; 5 when it was slower than the
    target.
    """
    import tempfile

    from decalogo.capacity.bench import copies

    with (
        client.outcome(),
        client.opened(ctx, url, token, token_file, ca, insecure, patience) as appliance,
        tempfile.TemporaryDirectory(prefix="decalogo-probe-") as folder,
    ):
        made = copies([file], documents, Path(folder))
        began = time.perf_counter()
        wrong = _judged(appliance, made, Path(folder) / "results.jsonl", seconds)
        took = time.perf_counter() - began
    per_hour = 3600 * documents / took
    if wrong:
        typer.echo("; ".join(wrong))
        raise typer.Exit(client.INCOMPLETE)
    many = "the result is" if documents == 1 else f"all {documents} results are"
    typer.echo(f"{many} right after {took:.1f} s: {per_hour:,.0f} documents an hour")
    if per_hour < target:
        typer.echo(f"fewer than the {target:,.0f} that are wanted")
        raise typer.Exit(TOO_SLOW)


def _judged(appliance: Appliance, files: list[Path], results: Path, seconds: float) -> list[str]:
    """Have files judged as one batch that is deleted afterwards, and return what is wrong with the results."""
    from decalogo.client.appliance import SubmitOptions
    from decalogo.client.multipart import FilePart

    def check(_status: object) -> None:
        if time.monotonic() > deadline:
            raise TimeoutError

    deadline = time.monotonic() + seconds
    job_id = appliance.submit([FilePart.of(file) for file in files], SubmitOptions())["job_id"]
    try:
        appliance.wait(job_id, check)
        appliance.save_results(job_id, results)
    except TimeoutError:
        return [f"not done after {seconds:g} s"]
    finally:
        appliance.delete(job_id)
    return check_results(files, results.read_text(encoding="utf-8").splitlines())


def check_results(files: Iterable[Path], lines: Iterable[str]) -> list[str]:
    """Return what is wrong with a batch's results: each document has one full result, and it is that document's.

    Args:
        files: what was handed in.
        lines: the results as the appliance gives them, a line of JSON each.
    """
    wanted = Counter(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
    wrong = []
    for line in lines:
        document = json.loads(line)
        result = document["result"]
        if document["state"] != "succeeded" or not result:
            problem = document["problem"] or {}
            wrong.append(f"{document['filename']} is {document['state']}: {problem.get('detail', 'no full result')}")
        elif result["document"]["sha256"] not in wanted or not result["answers"]:
            wrong.append(f"the result of {document['filename']} is not that document's")
        else:
            wanted[result["document"]["sha256"]] -= 1
    missing, doubled = (+wanted).total() - len(wrong), (-wanted).total()
    if missing > 0 or doubled:
        wrong.append(f"{max(0, missing)} results are missing, {doubled} came twice")
    return wrong
