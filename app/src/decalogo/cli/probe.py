"""``decalogo probe``: check that an appliance evaluates a document, and measure its throughput."""

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
    file: Annotated[Path, typer.Argument(help="Document to submit.", exists=True, dir_okay=False)],
    documents: Annotated[int, typer.Option(help="Number of copies to submit, each made unique.", min=1)] = 1,
    target: Annotated[float, typer.Option(help="Least documents per hour.", min=0)] = 0.0,
    seconds: Annotated[float, typer.Option(help="Timeout, seconds.", min=1)] = 300.0,
    url: client.Url = "",
    token: client.TokenText = "",
    token_file: client.TokenFile = None,
    ca: client.CaFile = None,
    insecure: client.Insecure = False,
    retry_timeout: client.RetryTimeout = 120.0,
) -> None:
    """Submit a document, verify every result, print the documents per hour, and delete the batch.

    The exit status is that of `decalogo submit`: 3 if a result is missing or belongs to another document, 5 if the
    throughput is below the target.
    """
    import tempfile

    from decalogo.capacity.bench import copies

    with (
        client.outcome(),
        client.opened(ctx, url, token, token_file, ca, insecure, retry_timeout) as appliance,
        tempfile.TemporaryDirectory(prefix="decalogo-probe-") as folder,
    ):
        made = copies([file], documents, Path(folder))
        began = time.perf_counter()
        wrong = _evaluate(appliance, made, Path(folder) / "results.jsonl", seconds)
        took = time.perf_counter() - began
    per_hour = 3600 * documents / took
    if wrong:
        typer.echo("; ".join(wrong))
        raise typer.Exit(client.INCOMPLETE)
    correct = "the result is" if documents == 1 else f"all {documents} results are"
    typer.echo(f"{correct} correct after {took:.1f} s: {per_hour:,.0f} documents per hour")
    if per_hour < target:
        typer.echo(f"below the target of {target:,.0f} documents per hour")
        raise typer.Exit(TOO_SLOW)


def _evaluate(appliance: Appliance, files: list[Path], results: Path, seconds: float) -> list[str]:
    """Evaluate files as one batch, delete it, and return the errors in its results."""
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
        return [f"not finished after {seconds:g} s"]
    finally:
        appliance.delete(job_id)
    return check_results(files, results.read_text(encoding="utf-8").splitlines())


def check_results(files: Iterable[Path], lines: Iterable[str]) -> list[str]:
    """Return the errors in a batch's results; correct is one full result per document, with its SHA-256.

    Args:
        files: the submitted files.
        lines: the results as JSON Lines.
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
            wrong.append(f"the result of {document['filename']} belongs to another document")
        else:
            wanted[result["document"]["sha256"]] -= 1
    missing, doubled = (+wanted).total() - len(wrong), (-wanted).total()
    if missing > 0 or doubled:
        wrong.append(f"{max(0, missing)} results are missing, {doubled} are duplicates")
    return wrong
