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
DANGEROUS = ("FLUSHALL", "FLUSHDB", "CONFIG GET dir", "DEBUG SLEEP 0", "KEYS x", "SHUTDOWN")


def as_user(appliance: Appliance, user: str, *commands: str) -> list[str]:
    """Run commands at the server as one of its users; return a line each. The password travels on standard input."""
    password = (
        appliance.secret("redis", "health-password") if user == "health" else appliance.secret(user, "redis-password")
    )
    calls = [f"redis-cli --user {user} --no-auth-warning {command} </dev/null 2>&1 | head -n 1" for command in commands]
    script = "read -r REDISCLI_AUTH; export REDISCLI_AUTH; " + "; ".join(calls)
    return appliance.compose("exec", "-T", "redis", "sh", "-c", script, stdin=password + "\n").splitlines()


def test_the_server_runs_with_the_configured_values(appliance: Appliance) -> None:
    answer = appliance.compose("exec", "-T", "redis", "operator-cli", "config", "get", *CONFIGURED).splitlines()

    assert dict(zip(answer[::2], answer[1::2], strict=True)) == CONFIGURED


@pytest.mark.parametrize("user", [*SERVICE_USERS, "health"])
def test_dangerous_commands_are_refused_to_every_service(appliance: Appliance, user: str) -> None:
    answers = as_user(appliance, user, *DANGEROUS)

    # DEBUG is off in the server itself, before any user is asked about.
    accepted = ("NOPERM", "ERR DEBUG command not allowed")
    assert [found for found in zip(DANGEROUS, answers, strict=True) if not found[1].startswith(accepted)] == []


@pytest.mark.parametrize("user", SERVICE_USERS)
def test_a_service_may_work(appliance: Appliance, user: str) -> None:
    answers = as_user(appliance, user, "ping", "set queue:acl-test 1", "del queue:acl-test")

    assert answers == ["PONG", "OK", "1"]


def test_without_credentials_the_server_answers_nothing(appliance: Appliance) -> None:
    said = appliance.compose("exec", "-T", "redis", "redis-cli", "ping")

    assert said.startswith("NOAUTH")
