"""``decalogo submit``, ``status`` and ``results``: the client of an appliance.

Exit status: 0 success; 1 the appliance rejected the request; 2 wrong usage; 3 not every document has a full result;
4 the appliance is unreachable, or the outcome is unknown; 130 interrupted.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from decalogo.client.appliance import Appliance
    from decalogo.client.results import Row

REFUSED, USAGE, INCOMPLETE, UNREACHABLE, INTERRUPTED = 1, 2, 3, 4, 130

Url = Annotated[str, typer.Option("--url", help="Base URL of the appliance.", envvar="DECALOGO_URL")]
TokenText = Annotated[
    str,
    typer.Option(
        "--token",
        help="Access token; other users of this machine can see command line options.",
        envvar="DECALOGO_TOKEN",
    ),
]
TokenFile = Annotated[
    Path | None, typer.Option("--token-file", help="File with the token.", envvar="DECALOGO_TOKEN_FILE")
]
CaFile = Annotated[
    Path | None, typer.Option("--ca", help="Additional certificate (PEM) to trust.", envvar="DECALOGO_CA_FILE")
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Accept any certificate.")]
RetryTimeout = Annotated[
    float,
    typer.Option("--retry-timeout", help="Time to retry while the appliance is unreachable or busy, seconds.", min=0),
]


class Format(enum.StrEnum):
    """Formats of results."""

    JSON = "json"
    JSONL = "jsonl"


class Ocr(enum.StrEnum):
    """Handling of scanned pages."""

    AUTO = "auto"
    NEVER = "never"


class Priority(enum.StrEnum):
    """Priorities of a batch; the token's tier decides which are allowed."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


def submit(
    ctx: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(help="Documents to evaluate, or ZIP archives of documents.", exists=True, dir_okay=False),
    ],
    rubric: Annotated[str, typer.Option(help="Rubric; default: the appliance's.")] = "",
    priority: Annotated[Priority | None, typer.Option(help="Priority; default: normal.")] = None,
    not_applicable: Annotated[
        list[str] | None, typer.Option(help="Point that does not apply, e.g. `P9` or `P9=no hay cárcel`; repeatable.")
    ] = None,
    custom_id: Annotated[
        list[str] | None, typer.Option("--id", help="Your own id of a document; one per document, in order.")
    ] = None,
    ocr: Annotated[
        Ocr | None, typer.Option(help="Scanned pages: `auto` recognises a limited number, `never` none.")
    ] = None,
    split: Annotated[
        int | None,
        typer.Option(help="Submit several batches of at most this number of files; default: one batch.", min=1),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until every document is done.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Wait, then save the results in this folder.")
    ] = None,
    url: Url = "",
    token: TokenText = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    insecure: Insecure = False,
    retry_timeout: RetryTimeout = 120.0,
) -> None:
    """Submit documents as one batch; print its job id. The same command continues an interrupted upload."""
    from decalogo.cli import client_output as view
    from decalogo.client.appliance import SubmitOptions
    from decalogo.client.multipart import FilePart
    from decalogo.client.splitting import plan
    from decalogo.client.submission import Submission, memory_of

    with outcome(), opened(ctx, url, token, token_file, ca, insecure, retry_timeout) as appliance:
        reasons = dict(entry.partition("=")[::2] for entry in not_applicable or [])
        batches = plan([FilePart.of(path) for path in files], custom_id or [], split=split)
        job_ids: list[str] = []
        with view.note_on_interrupt(job_ids):
            for batch in batches:
                options = SubmitOptions(rubric, priority or "", reasons, ocr=ocr or "")
                memory = memory_of(url, given_token(ctx, token, token_file), batch, options)
                submission = Submission(appliance, batch, options, memory)
                with view.note_on_divided(submission, len(batch.files)):
                    for job_id in submission.send(view.upload_bar):
                        job_ids.append(job_id)
                        # Printed now, so that an interrupted upload or wait does not lose it.
                        typer.echo(job_id)
            if not wait and output is None:
                view.say(f"accepted; follow it with: decalogo status {' '.join(job_ids)}")
                return
            complete = True
            for job_id in job_ids:
                complete &= view.follow(appliance, job_id)
                if output is not None:
                    folder = output if len(job_ids) == 1 else output / job_id
                    complete &= _save(appliance, job_id, folder, Format.JSON)
        if not complete:
            raise typer.Exit(INCOMPLETE)


def status(
    ctx: typer.Context,
    job_ids: Annotated[list[str], typer.Argument(help="Ids of batches.", metavar="JOB_ID…")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until every document is done.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the status as JSON, one line per batch.")] = False,
    url: Url = "",
    token: TokenText = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    insecure: Insecure = False,
    retry_timeout: RetryTimeout = 120.0,
) -> None:
    """Show the status of batches."""
    from decalogo.cli import client_output as view

    with outcome(), opened(ctx, url, token, token_file, ca, insecure, retry_timeout) as appliance:
        complete = True
        for job_id in job_ids:
            if wait:
                with view.note_on_interrupt(job_ids):
                    complete &= view.follow(appliance, job_id)
            answer = appliance.status(job_id)
            typer.echo(json.dumps(answer) if as_json else view.status_line(answer))
        if not complete:
            raise typer.Exit(INCOMPLETE)


def results(
    ctx: typer.Context,
    job_id: Annotated[str, typer.Argument(help="Id of the batch.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results; created if missing.")],
    form: Annotated[
        Format, typer.Option("--format", help="`json`: one file per document; `jsonl`: one file.")
    ] = Format.JSON,
    url: Url = "",
    token: TokenText = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    insecure: Insecure = False,
    retry_timeout: RetryTimeout = 120.0,
) -> None:
    """Save the results of a batch and a summary; unfinished documents are listed without a result."""
    with outcome(), opened(ctx, url, token, token_file, ca, insecure, retry_timeout) as appliance:
        if not _save(appliance, job_id, output, form):
            raise typer.Exit(INCOMPLETE)


def _save(appliance: Appliance, job_id: str, folder: Path, form: Format) -> bool:
    """Save the results, show the summary, and return whether every document has a full result."""
    from decalogo.cli import client_output as view
    from decalogo.client.results import SUMMARY, save

    total = appliance.status(job_id)["counts"]["total"]
    with view.counter("fetching results", total) as done:
        rows: list[Row] = save(appliance, job_id, folder, jsonl=form is Format.JSONL, done=done)
    view.summary(rows)
    view.say(f"results and {SUMMARY} are in {folder}")
    return all(row.state == "succeeded" for row in rows)


@contextmanager
def outcome() -> Iterator[None]:
    """Turn a client error into a message and an exit status."""
    from decalogo.client.errors import RefusedError, UnreachableError
    from decalogo.errors import ClientError

    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except RefusedError as error:
        full = error.members.get("limit") == "max_batch_documents"
        hint = f"\nSubmit several batches with --split {error.members.get('allowed', '')}".rstrip() if full else ""
        typer.echo(f"error: {error.detail}{hint}", err=True)
        raise typer.Exit(REFUSED) from error
    except UnreachableError as error:
        typer.echo(f"error: {error.detail}", err=True)
        raise typer.Exit(UNREACHABLE) from error
    except ClientError as error:
        typer.echo(f"error: {error.detail}", err=True)
        raise typer.Exit(USAGE) from error


def opened(
    ctx: typer.Context,
    url: str,
    token: str,
    token_file: Path | None,
    ca: Path | None,
    insecure: bool,
    retry_timeout: float,
) -> Appliance:
    """Return the appliance that the options describe.

    Raises:
        ClientError: no address, or no token.
    """
    from decalogo.cli import client_output as view
    from decalogo.client import retry
    from decalogo.client.appliance import Appliance
    from decalogo.client.connection import Connection
    from decalogo.errors import ClientError

    if not url:
        raise ClientError("the address of the appliance is missing: give --url or set DECALOGO_URL")
    if insecure:
        view.say("warning: the appliance's certificate is not verified")
    connection = Connection(url, given_token(ctx, token, token_file), ca_file=ca, insecure=insecure)
    return Appliance(connection, retry=retry.RetryPolicy(timeout_seconds=retry_timeout), notice=view.say)


def given_token(ctx: typer.Context, token: str, token_file: Path | None) -> str:
    """Return the token: ``--token`` first, then the token file, then the environment variable."""
    from decalogo.errors import ClientError

    source = ctx.get_parameter_source("token")
    typed = source is not None and source.name == "COMMANDLINE"
    if token_file is not None and not (typed and token):
        try:
            return token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ClientError(f"cannot read the token in {token_file}: {error}") from error
    if not token:
        raise ClientError("the token is missing: give --token-file, or set DECALOGO_TOKEN or DECALOGO_TOKEN_FILE")
    return token
