"""Commands, options, settings, metrics and routes that pages name exist, and every route is described."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import typer.main

from decalogo.cli.main import app
from decalogo.settings import Settings, variable_names
from decalogo.webapp import create_app
from tests.documentation.pages import ROOT, name, pages

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
CLIENT_VARIABLES = {
    "DECALOGO_URL",
    "DECALOGO_TOKEN",
    "DECALOGO_TOKEN_FILE",
    "DECALOGO_CA_FILE",
    "DECALOGO_EMBEDDED_DATA",
}
OPERATOR = {
    variable
    for file in (".env.example", "config/prometheus/thresholds.env", "compose.yaml", "loadtest/compose.yaml")
    for variable in re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", (ROOT / file).read_text(encoding="utf-8"))
}
METRICS = set(re.findall(r"\bdecalogo_\w+", (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")))


def unknown_commands(text: str) -> list[str]:
    """Return commands of both programs that do not exist, and options that their help does not list."""
    shell = (ROOT / "appliance").read_text(encoding="utf-8") + (ROOT / "scripts/lib/help.sh").read_text(
        encoding="utf-8"
    )
    found = [
        word
        for word in re.findall(r"\./appliance (?:decalogo )?([a-z-]+)", text)
        if not re.search(rf"\b{word}\b", shell)
    ]
    found = [word for word in found if word not in COMMANDS]
    for word, rest in re.findall(r"(?<![/\w-])decalogo ([a-z][a-z-]*)((?: [^`|\n]*)?)", "\n".join(spans(text))):
        command = COMMANDS.get(word)
        if command is None:
            found.append(f"decalogo {word}")
        elif not hasattr(command, "commands"):
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
            found += [f"{word} {option}" for option in re.findall(r"(?<!\S)--[a-z-]+", rest) if option not in known]
    return found


def spans(text: str) -> list[str]:
    """Return code spans and the commands of console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text) + [line for block in blocks for line in block.splitlines()]


def unknown_settings(text: str) -> list[str]:
    known = set(variable_names()) | CLIENT_VARIABLES
    found = [
        variable
        for variable in re.findall(r"\bDECALOGO_[A-Z0-9_]*[A-Z0-9]\b", text)
        if not any(one == variable or one.startswith(f"{variable}__") for one in known)
    ]
    sections = {variable.removeprefix("DECALOGO_").partition("__")[0].lower() for variable in variable_names()}
    for section, field in re.findall(r"`([a-z]+)\.([a-z_]+)`", text):
        if section in sections and f"DECALOGO_{section}__{field}".upper() not in known:
            found.append(f"{section}.{field}")
    return found


def unknown_variables(text: str) -> list[str]:
    named = {
        word for span in spans(text) for word in re.findall(r"(?<![\w.$])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b(?!\*)", span)
    }
    return sorted(one for one in named if not one.startswith("DECALOGO") and one not in OPERATOR | OTHER)


OTHER = {
    "SERVER_NAME", "RENEWED_LINEAGE", "DOCUMENT_ID", "JOB_ID", "OWN_ID", "CONTRACT_EXAMPLES", "LOADTEST_UI_PORT",
    "NO_PROXY", "PIPE_BUF", "RLIMIT_AS", "PYTHONPATH", "DOCKER_HOST", "DOCKER_BUILDKIT", "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
}  # fmt: skip


def unknown_metrics(text: str) -> list[str]:
    return [one for one in re.findall(r"`(decalogo_\w+)[`{]", text) if one not in METRICS | {"decalogo_batch_tasks"}]


@pytest.mark.parametrize("flaw", [unknown_commands, unknown_settings, unknown_variables, unknown_metrics])
def test_no_page_names(flaw: Callable[[str], list[str]]) -> None:
    found = {name(page): flaw(page.read_text(encoding="utf-8")) for page in pages()}
    assert {page: flaws for page, flaws in found.items() if flaws} == {}


def test_the_reference_lists_exactly_the_routes_of_the_api() -> None:
    document = create_app(Settings()).openapi()
    routes = {re.sub(r"\{\w+\}", "{}", path.removeprefix("/api/v1")) for path in document["paths"]}
    page = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
    named = {
        re.sub(r"\{\w+\}", "{}", path.partition("?")[0].removeprefix("/api/v1"))
        for path in re.findall(r"`(?:GET|POST|PUT|DELETE|PATCH)? ?(/[\w{}/-]+)", page)
    }
    short = {path.rpartition("/")[2] for path in re.findall(r"`…/([\w/-]+)`", page)}
    missing = {one for one in routes - named if one.rpartition("/")[2] not in short}
    assert missing - {"/problems/{}"} == set()
