"""The steps of ./appliance, with an engine that only records its calls."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.deployment.checkout import ROOT, Checkout


def test_env_of_workers_and_port_applies_to_the_embedded_form(checkout: Checkout) -> None:
    (checkout.folder / ".env").write_text("EMBEDDED_PORT=8123\nWORKER_CONCURRENCY=3\nWORKER_TASKS_PER_CHILD=7\n")
    fake = 'embedded() { echo "$* $WORKER_TASKS_PER_CHILD" >&2; }; '
    fake += "ensure_venv() { :; }; "

    assert "up --workers 6 --port 8123 7" in checkout.run(fake + 'apply_profile 2x8c yes; embedded_up ""').stderr
    assert "up --workers 12 --port 8123 7" in checkout.run(fake + "embedded_up 4").stderr


@pytest.mark.parametrize(
    ("asked", "tasks", "prefetch"), [("", "1000", "true"), ("auto", "1000", "true"), ("8c16g", "100", "false")]
)
def test_a_row_that_was_not_asked_for_has_the_measured_figures(
    checkout: Checkout, asked: str, tasks: str, prefetch: str
) -> None:
    shown = 'echo "$WORKER_TASKS_PER_CHILD $WORKER_DISABLE_PREFETCH"'
    assert checkout.run(f'apply_profile "{asked}" yes; {shown}').stdout.split() == [tasks, prefetch]


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


SERVICES = "api,running,healthy,0\nworker,running,unhealthy,0\nworker,running,healthy,0\nown,running,,0\n"


@pytest.mark.parametrize(
    ("more", "unhealthy"),
    [
        ("setup,exited,,0\n", "worker"),
        ("setup,exited,,1\nredis,exited,,0\nnginx,restarting,,1\n", "nginx redis setup worker"),
    ],
)
def test_status_fails_when_a_service_is_not_healthy(checkout: Checkout, more: str, unhealthy: str) -> None:
    checkout.answer("compose ps --all --format", SERVICES + more)

    done = checkout.run("report_services compose")

    assert done.returncode == 1
    assert f"Not healthy: {', '.join(unhealthy.split())}." in done.stderr


def test_status_succeeds_when_all_are_healthy_and_the_one_shot_ended(checkout: Checkout) -> None:
    checkout.answer("compose ps --all --format", "api,running,healthy,0\nsetup,exited,,0\n")
    assert checkout.run("report_services compose").returncode == 0


def test_status_fails_when_nothing_runs(checkout: Checkout) -> None:
    (checkout.folder / "var/form").write_text("stack\n")

    done = checkout.appliance("status")

    assert done.returncode == 1
    assert "does not run" in done.stderr


@pytest.mark.parametrize(
    ("published", "url"),
    [
        ("0.0.0.0:443", "https://localhost"),
        ("0.0.0.0:8443", "https://localhost:8443"),
        ("[::]:8443", "https://localhost:8443"),
        ("127.0.0.1:9443", "https://localhost:9443"),
        ("10.0.0.5:443", "https://10.0.0.5"),
        ("10.0.0.5:9443", "https://10.0.0.5:9443"),
    ],
)
def test_the_address_is_where_the_port_is_published(checkout: Checkout, published: str, url: str) -> None:
    checkout.answer("compose port nginx 8443", published)
    assert checkout.run("stack_url").stdout.strip() == url


def test_a_gateway_that_does_not_start_is_disabled_again(checkout: Checkout) -> None:
    checkout.refuse("compose up")

    done = checkout.run("need_running_stack() { :; }; start_gateway")

    assert done.returncode == 1
    assert "did not start" in done.stderr
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


OVERRIDE = (ROOT / "compose.no-grafana.yaml").read_text()


def test_grafana_can_be_left_out(checkout: Checkout) -> None:
    (checkout.folder / ".env").write_text("GRAFANA=off\n")

    checkout.run("choose_grafana; compose up")

    assert "pull" not in checkout.asked()
    assert (checkout.folder / "compose.override.yaml").read_text() == OVERRIDE


def test_grafana_comes_back_with_its_image(checkout: Checkout) -> None:
    checkout.run("leave_out_grafana")
    checkout.answer("compose config --images grafana", "grafana/grafana:1@sha256:00\n")

    done = checkout.run("choose_grafana; compose up")

    assert done.returncode == 0, done.stderr
    assert not (checkout.folder / "compose.override.yaml").exists()
    assert not (checkout.folder / "var/no-grafana").exists()


def test_the_copy_of_an_earlier_version_is_replaced_and_removed(checkout: Checkout) -> None:
    override = checkout.folder / "compose.override.yaml"
    override.write_text(OVERRIDE.splitlines()[0] + "\nservices: {}\n")

    checkout.run("leave_out_grafana")
    assert override.read_text() == OVERRIDE
    checkout.run("take_in_grafana")
    assert not override.exists()


def test_an_override_file_of_the_operator_stays(checkout: Checkout) -> None:
    (checkout.folder / "compose.override.yaml").write_text("services: {}\n")
    checkout.answer("compose config --images grafana", "grafana/grafana:1\n")

    checkout.run("leave_out_grafana; choose_grafana")

    assert (checkout.folder / "compose.override.yaml").read_text() == "services: {}\n"


def test_a_loaded_image_has_no_digest_and_is_used_by_its_tag(checkout: Checkout) -> None:
    checkout.answer("compose config --images grafana", "grafana/grafana:1@sha256:00\n")
    checkout.refuse("pull")
    loaded = 'docker() { [[ "$*" != "image inspect "*@* ]] && command docker "$@"; }; '

    assert checkout.run(loaded + 'choose_grafana; echo "$GRAFANA_IMAGE"').stdout == "grafana/grafana:1\n"


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
    assert checkout.run("venv_is_usable").returncode == 0
    linked = checkout.folder / "linked"
    linked.mkdir()
    clone = Checkout(linked)
    (linked / ".venv").symlink_to(checkout.folder / ".venv")
    assert clone.run("venv_is_usable").returncode == 0, "a link to one that stands"

    if change == "moved":
        (checkout.folder / ".venv").rename(checkout.folder / "elsewhere")
        (checkout.folder / "elsewhere").rename(linked / "elsewhere")
        (linked / ".venv").unlink()
        (linked / "elsewhere").rename(linked / ".venv")
        assert clone.run("venv_is_usable").returncode == 1
    elif change == "of another Python":
        notes = checkout.folder / ".venv/pyvenv.cfg"
        notes.write_text(notes.read_text().replace("version = 3.", "version = 2."))
        assert checkout.run("venv_is_usable").returncode == 1
    else:
        (checkout.folder / ".venv/bin/python").unlink()
        (checkout.folder / ".venv/bin/python").symlink_to("/nowhere/python3")
        assert checkout.run("venv_is_usable").returncode == 1
