"""What ./appliance does by itself, with an engine that only notes what it was asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LOAD = 'set -Eeuo pipefail; ROOT="$PWD"; for library in scripts/lib/*.sh; do source "$library"; done; '
# Notes its arguments; what it answers to the first words of them stands in files.
DOCKER = """#!/bin/sh
echo "$*" >>"$NOTES/asked"
shift_options() { while [ "${1#-}" != "$1" ]; do shift 2; done; echo "$*"; }
words="$1"
if [ "$1" = compose ]; then shift; words="compose $(shift_options "$@")"; fi
for answer in "$NOTES"/answers/*; do
  case "$words $*" in
    "$(basename "$answer")"*) cat "$answer"; exit 0 ;;
  esac
done
for refusal in "$NOTES"/refused/*; do
  case "$words $*" in
    "$(basename "$refusal")"*) echo "refused: $words" >&2; exit 1 ;;
  esac
done
"""


class Checkout:
    """A folder with the scripts of this repository and state of its own.

    Args:
        folder: an empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("scripts", "config", "app"):
            (folder / name).symlink_to(ROOT / name)
        shutil.copy(ROOT / "appliance", folder / "appliance")
        (folder / "var").mkdir()
        for name in ("bin", "notes/answers", "notes/refused"):
            (folder / name).mkdir(parents=True)
        docker = folder / "bin/docker"
        docker.write_text(DOCKER)
        docker.chmod(0o755)
        unset = ("WORKER_", "EMBEDDED_", "COMPOSE_", "DOCKER_", "BASE_IMAGE", "GRAFANA", "HOSTS_", "SUDO_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(unset)}
        path = f"{folder / 'bin'}:{os.environ['PATH']}"
        self.environment = {**inherited, "NOTES": str(folder / "notes"), "PATH": path}

    def answer(self, words: str, text: str) -> None:
        """Have the engine answer what begins with these words."""
        (self.folder / "notes/answers" / words).write_text(text)

    def refuse(self, words: str) -> None:
        """Have the engine fail at what begins with these words."""
        (self.folder / "notes/refused" / words).touch()

    def asked(self) -> str:
        """Return what the engine was asked, a line each."""
        notes = self.folder / "notes/asked"
        return notes.read_text() if notes.exists() else ""

    def run(self, code: str, *, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a line of bash among the scripts' functions."""
        return self._run(["bash", "-c", LOAD + code], stdin, environment)

    def appliance(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `./appliance …`."""
        return self._run(["./appliance", *arguments], "", {})

    def _run(self, command: list[str], stdin: str, more: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **more},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", "default"),
        ("X=", "default"),
        ("X=plain", "plain"),
        ("OTHER_X=no\nX=first\nX=last\n", "last"),
        ("  export X='quoted # not a remark'  # a remark", "quoted # not a remark"),
        ('X="two words"\r\n', "two words"),
        ("X=plain # a remark", "plain"),
    ],
)
def test_a_value_is_read_from_env_as_compose_reads_it(checkout: Checkout, text: str, value: str) -> None:
    (checkout.folder / ".env").write_text(text, newline="")

    assert checkout.run("configured X default").stdout == value
    assert checkout.run("configured X default", X="of the environment").stdout == "of the environment"


def test_what_env_says_of_workers_and_port_counts_in_the_embedded_form(checkout: Checkout) -> None:
    (checkout.folder / ".env").write_text("EMBEDDED_PORT=8123\nWORKER_CONCURRENCY=3\nWORKER_TASKS_PER_CHILD=7\n")
    told = 'embedded() { echo "$* $DECALOGO_QUEUE__MAX_TASKS_PER_CHILD" >&2; }; '
    told += "ensure_venv() { :; }; ensure_patterns() { :; }; "

    assert "up --workers 6 --port 8123 7" in checkout.run(told + 'apply_profile 2x8c yes; embedded_up ""').stderr
    assert "up --workers 12 --port 8123 7" in checkout.run(told + "embedded_up 4").stderr


@pytest.mark.parametrize(
    ("asked", "tasks", "prefetch"), [("", "1000", "true"), ("auto", "1000", "true"), ("8c16g", "100", "false")]
)
def test_a_row_that_was_not_asked_for_has_the_measured_figures(
    checkout: Checkout, asked: str, tasks: str, prefetch: str
) -> None:
    shown = 'echo "$WORKER_TASKS_PER_CHILD $WORKER_DISABLE_PREFETCH"'
    assert checkout.run(f'apply_profile "{asked}" yes; {shown}').stdout.split() == [tasks, prefetch]


@pytest.mark.parametrize(
    ("options", "deletes"), [((), False), (("-v",), True), (("--volumes",), True)], ids=["plain", "-v", "--volumes"]
)
def test_down_says_that_data_is_deleted_only_when_it_is(
    checkout: Checkout, options: tuple[str, ...], deletes: bool
) -> None:
    (checkout.folder / "var/form").write_text("stack\n")

    done = checkout.appliance("down", *options)

    assert done.returncode == 0, done.stderr
    assert ("are deleted" in done.stderr) is deletes
    assert ("--volumes" in checkout.asked()) is deletes


@pytest.mark.parametrize("form", ["stack", "joined", "embedded"])
@pytest.mark.parametrize("options", [("--volume",), ("-v", "-v"), ("worker",)])
def test_down_refuses_what_it_does_not_know(checkout: Checkout, form: str, options: tuple[str, ...]) -> None:
    (checkout.folder / "var/form").write_text(f"{form}\n")

    done = checkout.appliance("down", *options)

    assert done.returncode == 1
    assert checkout.asked() == ""


def test_the_number_of_workers_is_that_of_the_last_start_until_something_else_decides(checkout: Checkout) -> None:
    def noted(number: str, other: str) -> str:
        return checkout.run(f'noted_replicas "{number}" "{other}"').stdout.strip()

    assert noted("", "") == ""
    assert noted("4", "") == "4"
    assert noted("", "") == "4"
    assert "as at the last start" in checkout.run('noted_replicas "" ""').stderr
    assert noted("2", "8c16g") == noted("", "") == "2"
    assert noted("", "8c16g") == noted("", "") == ""


@pytest.mark.parametrize("before", ["", "./appliance join "])
def test_a_join_line_comes_by_standard_input(checkout: Checkout, before: str) -> None:
    assert checkout.run("read_join_line", stdin=f"{before}dcj_abc-_1  \n").stdout == "dcj_abc-_1"


@pytest.mark.parametrize("text", ["", "\n", "hello\n", "xdcj_abc\n"])
def test_what_is_no_join_line_is_refused(checkout: Checkout, text: str) -> None:
    done = checkout.run('join -; echo "went on"', stdin=text)

    assert (done.returncode, done.stdout) == (1, "")
    assert "join -" in done.stderr


SERVICES = "api running healthy 0\nworker running unhealthy 0\nworker running healthy 0\nown running  0\n"


@pytest.mark.parametrize(
    ("more", "unwell"),
    [
        ("setup exited  0\n", "worker"),
        ("setup exited  1\nredis exited  0\nnginx restarting  1\n", "nginx redis setup worker"),
    ],
)
def test_status_fails_when_a_service_is_not_well(checkout: Checkout, more: str, unwell: str) -> None:
    checkout.answer("compose ps --all --format", SERVICES + more)

    done = checkout.run("report_services compose")

    assert done.returncode == 1
    assert f"Not healthy: {', '.join(unwell.split())}." in done.stderr


def test_status_is_content_when_all_are_well_and_the_one_shot_ended(checkout: Checkout) -> None:
    checkout.answer("compose ps --all --format", "api running healthy 0\nsetup exited  0\n")
    assert checkout.run("report_services compose").returncode == 0


def test_status_fails_when_nothing_runs(checkout: Checkout) -> None:
    (checkout.folder / "var/form").write_text("stack\n")

    done = checkout.appliance("status")

    assert done.returncode == 1
    assert "does not run" in done.stderr


NETWORKS = """name: x
networks:
  alerts:
    name: x_alerts
    ipam: {}
    internal: true
  edge:
    name: x_edge
    ipam: {}
  theirs:
    name: theirs
    external: true
volumes:
  data:
    name: x_data
"""


@pytest.mark.parametrize(
    ("is_internal", "renewed"),
    [({"x_alerts": "true", "x_edge": "false"}, ""), ({"x_alerts": "false", "x_edge": "false"}, "x_alerts"), ({}, "")],
    ids=["as asked", "the other way", "not made yet"],
)
def test_a_network_that_must_change_is_made_anew(checkout: Checkout, is_internal: dict[str, str], renewed: str) -> None:
    checkout.answer("compose config", NETWORKS)
    known = " ".join(f"{name}) echo {internal} ;;" for name, internal in is_internal.items())
    inspect = f'docker() {{ [[ $1 != network ]] || case "${{@: -1}}" in {known} *) return 1 ;; esac; }}; '
    inspect += 'compose() { command docker compose "$@"; }; '

    done = checkout.run(inspect + "renew_networks")

    assert done.returncode == 0, done.stderr
    assert ("down --remove-orphans" in checkout.asked()) is bool(renewed)
    assert "--volumes" not in checkout.asked()
    assert renewed in done.stderr


def test_a_door_that_does_not_open_is_closed_again(checkout: Checkout) -> None:
    checkout.refuse("compose up")

    done = checkout.run("need_running_stack() { :; }; open_door")

    assert done.returncode == 1
    assert "did not open" in done.stderr
    assert not (checkout.folder / "var/hosts").exists()
    assert "rm --stop --force hosts" in checkout.asked()


def test_a_registry_that_does_not_give_grafana_is_asked_once_a_day(checkout: Checkout) -> None:
    checkout.answer("compose config --images grafana", "decalogo/app:local\ngrafana/grafana:1\n")
    checkout.refuse("image inspect")
    checkout.refuse("image")
    checkout.refuse("pull")

    for _ in range(2):
        assert "left out" in checkout.run("choose_grafana").stderr

    assert checkout.asked().count("pull --quiet grafana/grafana:1") == 1
    yesterday = (checkout.folder / "var/grafana-not-pulled").stat().st_mtime - 25 * 3600
    os.utime(checkout.folder / "var/grafana-not-pulled", (yesterday, yesterday))
    checkout.run("choose_grafana")
    assert checkout.asked().count("pull --quiet grafana/grafana:1") == 2


def test_grafana_can_be_left_out(checkout: Checkout) -> None:
    (checkout.folder / ".env").write_text("GRAFANA=off\n")

    done = checkout.run('choose_grafana; echo "${COMPOSE_PROFILES:-none}"')

    assert done.stdout == "none\n"
    assert "pull" not in checkout.asked()


def test_whom_the_engine_refuses_is_told_so(checkout: Checkout) -> None:
    done = checkout.run("engine_refuses_user() { true; }; choose_form ''")

    assert done.stdout == "embedded\n"
    assert "group docker" in done.stderr
    assert "bootstrap" not in done.stderr


def test_whom_the_engine_refuses_does_not_start_a_second_appliance_beside_the_containers(checkout: Checkout) -> None:
    (checkout.folder / "var/form").write_text("stack\n")

    done = checkout.run("engine_refuses_user() { true; }; choose_form ''")

    assert (done.returncode, done.stdout) == (1, "")
    assert "sudo ./appliance up" in done.stderr


def test_making_the_base_image_without_root_says_what_to_type(checkout: Checkout) -> None:
    checkout.refuse("image")
    checkout.refuse("pull")

    done = checkout.run("is_root() { false; }; is_debian_like() { true; }; make_base_image")

    assert done.returncode == 1
    assert "sudo ./appliance bootstrap" in done.stderr


@pytest.mark.parametrize("change", ["moved", "of another Python", "broken"])
def test_a_virtual_environment_that_no_longer_stands_is_noticed(checkout: Checkout, change: str) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout.folder / ".venv"], check=True)
    assert checkout.run("venv_stands").returncode == 0
    linked = checkout.folder / "linked"
    linked.mkdir()
    clone = Checkout(linked)
    (linked / ".venv").symlink_to(checkout.folder / ".venv")
    assert clone.run("venv_stands").returncode == 0, "a link to one that stands"

    if change == "moved":
        (checkout.folder / ".venv").rename(checkout.folder / "elsewhere")
        (checkout.folder / "elsewhere").rename(linked / "elsewhere")
        (linked / ".venv").unlink()
        (linked / "elsewhere").rename(linked / ".venv")
        assert clone.run("venv_stands").returncode == 1
    elif change == "of another Python":
        notes = checkout.folder / ".venv/pyvenv.cfg"
        notes.write_text(notes.read_text().replace("version = 3.", "version = 2."))
        assert checkout.run("venv_stands").returncode == 1
    else:
        (checkout.folder / ".venv/bin/python").unlink()
        (checkout.folder / ".venv/bin/python").symlink_to("/nowhere/python3")
        assert checkout.run("venv_stands").returncode == 1
