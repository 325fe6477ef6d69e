"""``decalogo audit``: list, verify and export the audit log."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from decalogo.cli.counts import counted
from decalogo.cli.error_messages import errors_reported
from decalogo.errors import NotFoundError

if TYPE_CHECKING:
    from decalogo.audit.log import AuditLog

_COMMON: Final = frozenset(
    {"seq", "time", "action", "who", "token", "tenant", "address", "request", "previous", "hash"}
)
_AGO: Final = re.compile(r"(\d{1,6})([hd])")


class _Scripted(StrEnum):
    ADD_HOST = "host.add"
    REVOKE_HOST = "host.revoke"


app = typer.Typer(no_args_is_help=True, help="The audit log: who did what, when and from where.")


def record(action: str, **facts: object) -> None:
    """Record what an operator does with a command, before it is done.

    Raises:
        UnavailableError: the log cannot be written.
    """
    from decalogo.audit.log import open_audit_log
    from decalogo.settings import get_settings

    open_audit_log(get_settings().audit).write(action, who="command line", **facts)


def _log() -> AuditLog:
    """Return the log of this place.

    Raises:
        NotFoundError: there is none.
    """
    from decalogo.audit.log import open_audit_log
    from decalogo.settings import get_settings

    settings = get_settings().audit
    if not settings.path.is_dir():
        place = settings.path.absolute()
        raise NotFoundError(f"There is no audit log in {place}. The appliance has one of its own: ./appliance audit")
    return open_audit_log(settings)


@app.command("list")
@errors_reported()
def show_records(
    since: Annotated[str, typer.Option(help="Earliest time: 2026-03-01, 2026-03-01T08:00 (UTC), 12h or 7d ago.")] = "",
    until: Annotated[str, typer.Option(help="Latest time, not included; the same forms.")] = "",
    action: Annotated[
        list[str] | None, typer.Option(help="Action, e.g. `batch.delete` or `token.*`; repeatable.")
    ] = None,
    token: Annotated[str, typer.Option(help="Id of the token that acted or was changed.")] = "",
    subject: Annotated[str, typer.Option(help="Id of a batch, document, share or host.")] = "",
    limit: Annotated[int, typer.Option(help="Most records.", min=1)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Show the newest records that meet all given criteria, the newest last."""
    import orjson

    from decalogo.audit.selection import Selection

    asked = Selection(_time("--since", since), _time("--until", until), tuple(action or ()), token, subject)
    found = _log().newest(limit, selection=asked)
    for each in reversed(found):
        typer.echo(orjson.dumps(each).decode() if as_json else _line(each))
    if len(found) == limit:
        typer.echo(f"The newest {limit} records; --limit shows more.", err=True)


@app.command("record", hidden=True)
@errors_reported()
def record_by_script(
    action: Annotated[_Scripted, typer.Argument(help="What happens next.")],
    name: Annotated[str, typer.Option(help="Name of the host.")] = "",
    host: Annotated[str, typer.Option(help="Id of the host.")] = "",
    address: Annotated[str, typer.Option(help="Address of the first host in its join token.")] = "",
) -> None:
    """Record what `./appliance` does in a container that cannot write the log."""
    record(action.value, name=name, host=host, at=address)


@app.command()
@errors_reported()
def verify() -> None:
    """Check every hash and the chain; exit code 1 when a record was changed, removed or cut off."""
    found = _log().verify()
    if found.problem:
        typer.echo(f"Damaged: {found.problem}. Intact before it: {counted(found.records, 'record')}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{counted(found.records, 'record')}, all intact.")


@app.command()
@errors_reported()
def export(after: Annotated[int, typer.Option(help="Only records with a higher number.")] = 0) -> None:
    """Write the records to standard output, one JSON object per line."""
    import orjson

    for record in _log().records(after=after):
        sys.stdout.write(orjson.dumps(record).decode() + "\n")


def _time(option: str, text: str) -> float | None:
    """Return the Unix time of a date, a time (UTC unless it names a zone) or a span before now."""
    if not text:
        return None
    if ago := _AGO.fullmatch(text):
        return time.time() - int(ago[1]) * (3600 if ago[2] == "h" else 86_400)
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} takes 2026-03-01, 2026-03-01T08:00, 12h or 7d, not {text}") from error
    return (given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp()


def _line(record: Mapping[str, Any]) -> str:
    """Return number, time, person, address, action and ids of a record on one line."""
    moment = datetime.fromtimestamp(record["time"], UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    who = record.get("who", "-") + (f" ({record['token']})" if "token" in record else "")
    facts = [f"{name}={_short(value)}" for name, value in record.items() if name not in _COMMON]
    return "  ".join([str(record["seq"]), moment, who, record.get("address", "-"), record["action"], *facts])


def _short(value: object) -> str:
    if isinstance(value, dict | list):
        return ",".join(map(str, value))
    return str(value)
