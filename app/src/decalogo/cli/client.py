"""``decalogo submit``, ``status`` and ``results``: an appliance's client for people and scripts.

Exit status: 0 done; 1 the appliance refused; 2 wrong use; 3 the batch is finished, or asked for results, but not every
document has a full one; 4 the appliance cannot be reached or the outcome is not known; 130 interrupted.
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

Url = Annotated[str, typer.Option("--url", help="Base address of the appliance.", envvar="DECALOGO_URL")]
TokenText = Annotated[
    str,
    typer.Option("--token", help="Access token; other users of this machine can see options.", envvar="DECALOGO_TOKEN"),
]
TokenFile = Annotated[
    Path | None, typer.Option("--token-file", help="File that holds the token.", envvar="DECALOGO_TOKEN_FILE")
]
CaFile = Annotated[
    Path | None, typer.Option("--ca", help="Certificate (PEM) to trust, too.", envvar="DECALOGO_CA_FILE")
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Do not check the appliance's certificate.")]
Patience = Annotated[
    float, typer.Option("--patience", help="Seconds to go on while the appliance is away or full.", min=0)
]


class Format(enum.StrEnum):
    """Forms of results."""

    JSON = "json"
    JSONL = "jsonl"


class Ocr(enum.StrEnum):
    """What is done with scanned pages."""

    AUTO = "auto"
    NEVER = "never"


class Priority(enum.StrEnum):
    """What a batch may ask for; which of them depends on the token's tier."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


def submit(
    ctx: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(help="Documents to judge, or ZIPs of them.", exists=True, dir_okay=False)
    ],
    rubric: Annotated[str, typer.Option(help="Rubric; the appliance's default when left out.")] = "",
    priority: Annotated[Priority | None, typer.Option(help="Priority; normal when left out.")] = None,
    not_applicable: Annotated[
        list[str] | None, typer.Option(help="Point that does not apply, e.g. `P9` or `P9=no hay cárcel`; repeatable.")
    ] = None,
    custom_id: Annotated[
        list[str] | None, typer.Option("--id", help="Own id of a document; one for each, in order.")
    ] = None,
    ocr: Annotated[Ocr | None, typer.Option(help="Scanned pages: `auto` recognises some, `never` none.")] = None,
    split: Annotated[int | None, typer.Option(help="Send several batches of at most this many files.", min=1)] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until every document is done.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Wait, then save the results here.")] = None,
    url: Url = "",
    token: TokenText = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    insecure: Insecure = False,
    patience: Patience = 120.0,
) -> None:
    """Hand documents in; print the job id of each batch."""
    from decalogo.cli import client_output as view
    from decalogo.client.appliance import SubmitOptions
    from decalogo.client.multipart import FilePart
    from decalogo.client.splitting import plan

    with outcome(), opened(ctx, url, token, token_file, ca, insecure, patience) as appliance:
        reasons = dict(entry.partition("=")[::2] for entry in not_applicable or [])
        batches = plan([FilePart.of(path) for path in files], custom_id or [], split=split)
        job_ids: list[str] = []
        with view.goes_on(job_ids):
            for batch in batches:
                options = SubmitOptions(rubric, priority or "", reasons, batch.custom_ids, ocr or "")
                with view.upload_bar(batch.files) as sent:
                    answer = appliance.submit(batch.files, options, sent)
                job_ids.append(answer["job_id"])
                # At once, so that it is known even if the wait is interrupted.
                typer.echo(answer["job_id"])
            if not wait and output is None:
                view.say(f"accepted; follow with: decalogo status {' '.join(job_ids)}")
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
    job_ids: Annotated[list[str], typer.Argument(help="Batches.", metavar="JOB_ID…")],
    wait: Annotated[bool, typer.Option("--wait", help="Stay until every document is done.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the appliance's answers, one a line.")] = False,
    url: Url = "",
    token: TokenText = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    insecure: Insecure = False,
    patience: Patience = 120.0,
) -> None:
    """Show how far batches are."""
    from decalogo.cli import client_output as view

    with outcome(), opened(ctx, url, token, token_file, ca, insecure, patience) as appliance:
        complete = True
        for job_id in job_ids:
            if wait:
                with view.goes_on(job_ids):
                    complete &= view.follow(appliance, job_id)
            answer = appliance.status(job_id)
            typer.echo(json.dumps(answer) if as_json else view.status_line(answer))
        if not complete:
            raise typer.Exit(INCOMPLETE)


def results(
    ctx: typer.Context,
    job_id: Annotated[str, typer.Argument(help="The batch.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results; made if missing.")],
    form: Annotated[
        Format, typer.Option("--format", help="`json`: a file for each document; `jsonl`: one file.")
    ] = Format.JSON,
    url: Url = "",
    token: TokenText = "",
    token_file: TokenFile = None,
    ca: CaFile = None,
    insecure: Insecure = False,
    patience: Patience = 120.0,
) -> None:
    """Save the results of a batch, with a summary; what is not done yet is listed without a result."""
    with outcome(), opened(ctx, url, token, token_file, ca, insecure, patience) as appliance:
        if not _save(appliance, job_id, output, form):
            raise typer.Exit(INCOMPLETE)


def _save(appliance: Appliance, job_id: str, folder: Path, form: Format) -> bool:
    """Save and show the summary; say whether every document has a full result."""
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
    """Turn what the client raises into one message and the exit status that stands for it."""
    from decalogo.client.errors import RefusedError, UnreachableError
    from decalogo.errors import ClientError

    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except RefusedError as error:
        hint = ""
        if error.members.get("limit") == "documents_per_batch":
            hint = f"\nSend them in several batches with --split {error.members.get('allowed', '')}".rstrip()
        elif error.code == 413:
            hint = "\nSend fewer files at once, or let --split do it."
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
    patience: float,
) -> Appliance:
    """Return the appliance that the options name.

    Raises:
        ClientError: no address, or no token.
    """
    from decalogo.cli import client_output as view
    from decalogo.client import retry
    from decalogo.client.appliance import Appliance
    from decalogo.client.connection import Connection
    from decalogo.errors import ClientError

    if not url:
        raise ClientError("where is the appliance? Give --url or set DECALOGO_URL")
    if insecure:
        view.say("warning: the appliance's certificate is not checked")
    connection = Connection(url, given_token(ctx, token, token_file), ca_file=ca, insecure=insecure)
    return Appliance(connection, patience=retry.Patience(seconds=patience), notice=view.say)


def given_token(ctx: typer.Context, token: str, token_file: Path | None) -> str:
    """Return the token: an option wins over the environment, else the file over the value."""
    from decalogo.errors import ClientError

    source = ctx.get_parameter_source("token")
    typed = source is not None and source.name == "COMMANDLINE"
    if token_file is not None and not (typed and token):
        try:
            return token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ClientError(f"cannot read the token in {token_file}: {error}") from error
    if not token:
        raise ClientError("a token is needed: give --token-file, or set DECALOGO_TOKEN or DECALOGO_TOKEN_FILE")
    return token
