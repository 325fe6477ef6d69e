"""Configuration and users of Redis, read from the running server."""

import pytest

from appliance import Appliance

SERVICE_USERS = ("api", "worker", "scheduler")
CONFIGURED = {
    "bind": "0.0.0.0 -::*",
    "protected-mode": "yes",
    "appendonly": "yes",
    "appendfilename": "appendonly.aof",
    "appendfsync": "always",
    "save": "900 1 300 10 60 10000",
    "maxmemory": str(2 << 30),
    "maxmemory-policy": "noeviction",
    "dir": "/data",
    "aclfile": "/run/secrets/decalogo/users.acl",
}


def as_user(appliance: Appliance, user: str, command: str) -> str:
    """Run a command at the server as one of its users; the password travels on standard input."""
    password = (
        appliance.secret("redis", "health-password") if user == "health" else appliance.secret(user, "redis-password")
    )
    script = (
        f"read -r REDISCLI_AUTH; export REDISCLI_AUTH; redis-cli --user {user} --no-auth-warning {command} </dev/null"
    )
    return appliance.compose("exec", "-T", "redis", "sh", "-c", script, stdin=password + "\n").strip()


@pytest.mark.parametrize("name", CONFIGURED)
def test_the_server_runs_with_the_configured_value(appliance: Appliance, name: str) -> None:
    answer = appliance.compose("exec", "-T", "redis", "operator-cli", "config", "get", name).splitlines()

    assert answer == [name, CONFIGURED[name]]


@pytest.mark.parametrize("user", [*SERVICE_USERS, "health"])
@pytest.mark.parametrize("command", ["FLUSHALL", "FLUSHDB", "CONFIG GET dir", "DEBUG SLEEP 0", "KEYS x", "SHUTDOWN"])
def test_a_dangerous_command_is_refused_to_every_service(appliance: Appliance, user: str, command: str) -> None:
    answer = as_user(appliance, user, command)

    # DEBUG is off in the server itself, before any user is asked about.
    assert answer.startswith(("NOPERM", "ERR DEBUG command not allowed")), answer


@pytest.mark.parametrize("user", SERVICE_USERS)
def test_a_service_may_work(appliance: Appliance, user: str) -> None:
    assert as_user(appliance, user, "ping") == "PONG"
    assert as_user(appliance, user, "set queue:acl-test 1") == "OK"
    assert as_user(appliance, user, "del queue:acl-test") == "1"


def test_without_credentials_the_server_answers_nothing(appliance: Appliance) -> None:
    said = appliance.compose("exec", "-T", "redis", "redis-cli", "ping")

    assert said.startswith("NOAUTH")
