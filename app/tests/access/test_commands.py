"""Commands of operators report errors in one line on standard error, with an exit status."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from decalogo.batches.ledger import open_ledger
from decalogo.cli.main import app
from decalogo.embedded.instance import free_port
from decalogo.queue.app import get_celery
from decalogo.settings import RedisSettings, get_settings
from decalogo.storage.artifacts import ArtifactStore
from tests.batches.helpers import finished_batch

NOBODY = "0123456789ab"
REFUSED, USAGE = 1, 2


@pytest.fixture
def here(redis_settings: RedisSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have commands work on the test server."""
    monkeypatch.setenv("DECALOGO_REDIS__HOST", redis_settings.host)
    monkeypatch.setenv("DECALOGO_REDIS__PORT", str(redis_settings.port))
    monkeypatch.setenv("DECALOGO_STORAGE__PATH", str(tmp_path / "artifacts"))
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def run(*words: str) -> str:
    """Return what a command prints that can do it."""
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done.stdout


def complaint(status: int, *words: str, stdin: str = "") -> str:
    """Return the one line of a command that cannot do it."""
    done = CliRunner().invoke(app, words, input=stdin)
    assert isinstance(done.exception, SystemExit), done.exception
    assert (done.exit_code, done.stdout) == (status, "")
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--tier", "gold"), "error: --tier must be one of standard, premium, not gold"),
        (("--scope", "admin"), "error: --scope must be one of submit, read, operate, review, not admin"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_tier_or_scope_that_is_none_is_wrong_use(options: tuple[str, ...], line: str) -> None:
    assert complaint(USAGE, "token", "create", "x", *options) == line
    assert "x" not in run("token", "list").split()


@pytest.mark.parametrize("command", ["show", "rotate", "revoke"])
@pytest.mark.usefixtures("here")
def test_an_unknown_token_is_reported_in_one_line(command: str) -> None:
    assert complaint(REFUSED, "token", command, NOBODY) == f"error: There is no token '{NOBODY}'."


@pytest.mark.usefixtures("here")
def test_a_token_is_made_shown_and_revoked() -> None:
    token_id = run("token", "create", "office", "--tier", "premium", "--scope", "read").split("_")[1]
    told = run("token", "show", token_id)
    assert "premium" in told
    assert "usable" in told
    rotated = run("token", "rotate", token_id)
    assert rotated.split("_")[1] == token_id
    listed = run("token", "list")
    assert token_id in listed
    assert rotated.split("_")[2].strip() not in listed
    assert run("token", "revoke", token_id) == f"Token {token_id} (office) is revoked.\n"
    assert complaint(REFUSED, "token", "rotate", token_id).startswith("error: ")


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("show", "error: no document has the id doc_x"),
        ("retry", "error: doc_x is not a dead letter"),
        ("drop", "error: doc_x is not a dead letter"),
    ],
)
@pytest.mark.usefixtures("here")
def test_an_unknown_dead_letter_is_reported_in_one_line(command: str, line: str) -> None:
    assert complaint(REFUSED, "dead", command, "doc_x") == line


@pytest.mark.usefixtures("here")
def test_a_missing_or_invalid_backup_is_reported_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "x.tar"
    assert str(file) in complaint(REFUSED, "restore", str(file))
    file.write_text("no archive")
    assert "no backup" in complaint(REFUSED, "restore", str(file))
    assert complaint(REFUSED, "backup", str(tmp_path / "nowhere" / "x.tar")).startswith("error: ")


@pytest.mark.parametrize(
    "words",
    [
        ("token", "create", "x"),
        ("token", "list"),
        ("token", "show", NOBODY),
        ("token", "rotate", NOBODY),
        ("token", "revoke", NOBODY),
        ("dead", "list"),
        ("dead", "show", "doc_x"),
        ("dead", "retry", "all"),
        ("dead", "drop", "all"),
        ("backup", "-"),
        ("restore", "-"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("here")
def test_an_unreachable_redis_is_reported_in_one_line(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECALOGO_REDIS__PORT", str(free_port()))
    done = CliRunner().invoke(app, words)
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == REFUSED
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: Redis: ")


def test_a_host_that_cannot_join_is_reported_in_one_line(tmp_path: Path) -> None:
    root = ("--root", str(tmp_path))
    assert complaint(REFUSED, "hosts", "add", "Not a name", "--address", "x", *root).startswith("error: ")
    assert complaint(REFUSED, "hosts", "revoke", NOBODY, *root).startswith("error: ")
    assert complaint(REFUSED, "join", *root, stdin="dcj_half").startswith("error: the join token is incomplete")


def test_workers_without_an_appliance_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECALOGO_REDIS__PORT", str(free_port()))
    get_settings.cache_clear()
    get_celery.cache_clear()

    assert complaint(REFUSED, "workers").startswith("error: Redis does not respond: ")
    get_settings.cache_clear()
    get_celery.cache_clear()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("retention", "answer"),
    [
        ("30", "0 batches expire within 3 days; a batch is deleted 30 days after it finished\n"),
        ("2", "1 batch expires within 3 days; a batch is deleted 2 days after it finished\n"),
        ("0", "batches are not deleted (storage.retention_days is 0)\n"),
    ],
)
def test_holdings_counts_the_batches_that_expire(
    retention: str, answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECALOGO_STORAGE__RETENTION_DAYS", retention)
    finished_batch(open_ledger(get_settings()), ArtifactStore(tmp_path / "artifacts"), "batch_1")

    assert run("holdings", "--expiring", "3") == answer
