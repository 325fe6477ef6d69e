"""Starting, stopping, and finding things as a power cut or another program left them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import redis

from decalogo.embedded.config import environment
from decalogo.embedded.instance import Instance, is_free, read_instance
from decalogo.embedded.secrets import password_file
from decalogo.embedded.supervisor import is_running
from tests.embedded.conftest import COMMAND, Operator, children, wait_until

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(1800)]

NOBODY = 65534


def ready(operator: Operator) -> bool:
    return httpx.get(f"{operator.url}/api/v1/ready", trust_env=False, timeout=60).status_code == 200


def test_it_starts_over_files_of_a_power_cut_is_ready_when_up_returns_and_gone_after_down(operator: Operator) -> None:
    operator.layout.prepare()
    operator.layout.lock.write_text("1\n")
    (operator.layout.run / "supervisord.pid").write_text("1\n")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(operator.layout.socket))
    assert "no appliance is running" in operator.run("status", status=1).stderr

    printed = operator.up().stdout
    wait_until(lambda: ready(operator), 60, "ready")
    assert operator.url in printed
    token_file = Path(operator.run("token").stdout.strip())
    assert str(token_file) in printed
    assert token_file.read_text().startswith("dcl_")
    assert operator.run("url").stdout == f"{operator.url}\n"

    assert operator.run("down").stdout == "stopped\n"
    assert is_free(operator.port)
    assert operator.processes() == []
    assert "no appliance is running" in operator.run("down").stdout
    assert "no appliance is running" in operator.run("url", status=1).stderr
    operator.run("down", "--volumes")
    assert not operator.data.exists()


def test_a_second_up_changes_nothing(running: Operator) -> None:
    before = running.pid("api")
    assert running.up().stdout.startswith("already running\n")
    assert running.pid("api") == before
    assert "already runs, on port" in running.run("up", "--port", "1", status=1).stderr
    assert "RUNNING" in running.run("status").stdout


def test_the_number_of_workers_changes_while_it_runs(running: Operator) -> None:
    before = running.pid("worker"), running.pid("api")
    assert "3 concurrent documents" in running.up("--workers", "3").stderr
    wait_until(lambda: running.pid("worker") not in (0, before[0]), 120, "a new worker")
    wait_until(lambda: len(children(running.pid("worker"))) == 3, 120, "three processes")
    assert running.pid("api") == before[1], "the rest goes on"


def test_the_server_answers_nobody_without_a_password(running: Operator) -> None:
    instance = read_instance(running.layout.instance)
    assert instance is not None
    with redis.Redis(port=instance.valkey_port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    password = password_file(running.layout, "api").read_text().strip()
    with redis.Redis(port=instance.valkey_port, username="api", password=password) as service:
        assert service.ping()
        for command in ("FLUSHALL", "FLUSHDB", "CONFIG GET dir", "DEBUG SLEEP 0", "KEYS *"):
            with pytest.raises(redis.ResponseError, match=r"permission|not allowed"):
                service.execute_command(command)


def test_no_secret_can_be_read_by_others_or_seen_in_a_process_list(running: Operator) -> None:
    assert running.layout.secrets.stat().st_mode & 0o077 == 0
    secrets = {path.read_text().strip() for path in running.layout.secrets.rglob("*-password")}
    assert secrets
    for pid in running.processes():
        seen = Path(f"/proc/{pid}/cmdline").read_text() + Path(f"/proc/{pid}/environ").read_text(errors="replace")
        assert not [secret for secret in secrets if secret in seen]


def test_logs_are_shown_by_service(running: Operator) -> None:
    assert "Ready to accept connections" in running.run("logs", "valkey").stdout
    assert "worker | " in running.run("logs").stdout
    assert "there are: api, " in running.run("logs", "nonsense", status=1).stderr


def test_a_taken_port_is_named_and_nothing_is_left_running(operator: Operator) -> None:
    with socket.create_server(("127.0.0.1", operator.port)):
        assert f"port {operator.port} is taken" in operator.up(status=1).stderr
    assert operator.processes() == []


def test_a_service_that_cannot_start_is_named_with_its_log(operator: Operator) -> None:
    operator.variables["DECALOGO_QUEUE__LEASE_SECONDS"] = "nonsense"
    failed = operator.up("--timeout", "180", status=1).stderr
    assert "does not stay up" in failed or "not ready in time" in failed
    assert "DECALOGO_QUEUE__LEASE_SECONDS" in failed, "the reason must be on the screen"
    assert operator.processes() == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("DECALOGO_QUEUE__LEASE_SECOND", "did you mean DECALOGO_QUEUE__LEASE_SECONDS"),
        ("DECALOGO_QUEUE__CONCURRENCY", "set WORKER_CONCURRENCY instead"),
        ("DECALOGO_REDIS__HOST", "the appliance sets it itself"),
    ],
)
def test_a_setting_without_effect_is_refused_before_anything_starts(operator: Operator, name: str, reason: str) -> None:
    operator.variables[name] = "3"
    assert reason in operator.up(status=2).stderr
    assert not operator.data.exists()


def test_short_names_of_settings_apply(operator: Operator) -> None:
    given = {"WORKER_TASKS_PER_CHILD": "7", "LOG_LEVEL": "DEBUG"}
    code = "from decalogo.settings import get_settings as g; print(g().queue.max_tasks_per_child, g().log.level)"
    layout, instance = operator.layout, Instance(operator.port, operator.port + 1, 2)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        variables = environment(layout, instance)
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["7", "DEBUG"]


def ordinary_user() -> int | None:
    """Return an ordinary user who can run this interpreter, or None where there is none."""
    if os.geteuid() != 0:
        return None
    try:
        subprocess.run([sys.executable, "-c", "import decalogo"], user=NOBODY, group=NOBODY, cwd="/", check=True)
    except (PermissionError, subprocess.CalledProcessError):
        return None
    return NOBODY


def test_an_ordinary_user_can_run_it_attached_and_it_stops_with_the_terminal(operator: Operator) -> None:
    operator.user = ordinary_user()
    user = os.geteuid() if operator.user is None else operator.user
    os.chown(operator.data.parent, user, -1)
    command = [*COMMAND, "embedded", "up", "--attach", "--data", str(operator.data), "--port", str(operator.port)]
    as_user = {"user": operator.user, "group": operator.user, "env": {**os.environ, "HOME": str(operator.data.parent)}}
    where = {"cwd": operator.data.parent, "text": True}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **where, **as_user) as attached:
        assert attached.stdout is not None
        for line in attached.stdout:
            if line == "ready\n":
                break
        wait_until(lambda: ready(operator), 60, "ready")
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in operator.processes()} == {user}
        attached.send_signal(signal.SIGTERM)
        rest = attached.stdout.read()
        assert attached.wait(60) == 0, rest
    assert operator.processes() == []


def test_it_comes_back_after_a_killed_supervisor(running: Operator) -> None:
    """The last test of this module, because it leaves the shared appliance stopped."""
    os.kill(int(running.layout.lock.read_text()), signal.SIGKILL)
    wait_until(lambda: not is_running(running.layout), 60, "the lock to be free")
    assert "no appliance is running" in running.run("url", status=1).stderr
    assert running.processes(), "its services outlive it"
    again = running.up()
    assert "left behind" in again.stderr
    wait_until(lambda: ready(running), 60, "ready")
    os.kill(int(running.layout.lock.read_text()), signal.SIGKILL)
    wait_until(lambda: not is_running(running.layout), 60, "the lock to be free")
    assert running.run("down").stdout == "stopped\n"
    assert running.processes() == []
