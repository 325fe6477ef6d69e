"""A fault of each kind on the running stack: its alert fires, reaches the receiver, and resolves afterwards."""

from collections.abc import Callable
from pathlib import Path

import pytest
from certificates import put_certificate
from observing import Prometheus, Receiver, wait_for

from appliance import Appliance
from client import Client
from papers import small_documents

Fault = tuple[Callable[[], object], Callable[[], object]]


@pytest.fixture
def faults(appliance: Appliance) -> dict[str, Fault]:
    """Return how to cause and how to repair the fault of each alert."""
    tls = Path(appliance.environment["TLS_DIR"])

    def redis(*command: str) -> str:
        # As the user of the API, because a submitter could fill Redis in this way.
        script = (
            'read -r REDISCLI_AUTH; export REDISCLI_AUTH; exec redis-cli --user api --no-auth-warning "$@" </dev/null'
        )
        password = appliance.secret("api", "redis-password") + "\n"
        return appliance.compose("exec", "-T", "redis", "sh", "-c", script, "sh", *command, stdin=password)

    def fill_redis() -> None:
        redis("set", "idempotency:ballast", "x")
        redis("setrange", "idempotency:ballast", str(14 << 20), "x")

    def bring_back() -> object:
        return appliance.compose("start", "worker")

    return {
        "NoWorker": (lambda: appliance.compose("kill", "worker"), bring_back),
        "RedisMemoryHigh": (fill_redis, lambda: redis("del", "idempotency:ballast")),
        "RedisDown": (lambda: appliance.compose("stop", "redis"), lambda: appliance.compose("start", "redis")),
        "CertificateExpiring": (lambda: put_certificate(tls, days=1), lambda: put_certificate(tls, days=300)),
        "EdgeDown": (lambda: appliance.compose("stop", "api"), lambda: appliance.compose("start", "api")),
    }


@pytest.mark.parametrize("alert", ["NoWorker", "RedisMemoryHigh", "RedisDown", "CertificateExpiring", "EdgeDown"])
def test_an_alert_fires_is_delivered_and_resolves(
    worked: str, faults: dict[str, Fault], prometheus: Prometheus, receiver: Receiver, alert: str
) -> None:
    wait_for(lambda: alert not in prometheus.firing(), "quiet before the fault")
    cause, repair = faults[alert]
    cause()
    try:
        wait_for(lambda: alert in prometheus.firing(), f"{alert} firing")
        wait_for(lambda: receiver.got(alert, "firing"), f"{alert} at the receiver")
    finally:
        repair()
    wait_for(lambda: alert not in prometheus.firing(), f"{alert} no longer firing", 600)
    wait_for(lambda: receiver.got(alert, "resolved"), f"{alert} resolved at the receiver")
    assert receiver.got(alert, "firing")[0]["annotations"]["runbook_url"].endswith(f"/runbooks/{alert}.md")
    wait_for(lambda: len(receiver.mails(alert)) >= 2, f"mails of {alert}: it fires, it is over")
    mail = receiver.mails(alert)[0]
    assert (mail["From"], mail["To"]) == ("appliance@example.org", "operator@example.org")
    body = mail.get_body(("html",))
    assert body is not None
    assert f"/runbooks/{alert}.md" in body.get_content()


def test_a_full_queue_is_an_alert_that_a_missing_worker_inhibits(
    worked: str, appliance: Appliance, faults: dict[str, Fault], prometheus: Prometheus, client: Client
) -> None:
    _, start = faults["NoWorker"]
    appliance.compose("stop", "worker")
    try:
        # They were shut down, so none of them is missing.
        wait_for(
            lambda: prometheus.query("max(decalogo_workers_alive) == 1"),
            "only the worker of the suspect queue alive",
        )
        assert not prometheus.query("max(decalogo_workers_silent) > 0"), "a worker that stopped did not sign off"
        wait_for(lambda: "NoWorker" in prometheus.firing(), "NoWorker firing")
        assert "WorkerGone" not in prometheus.firing()
        client.upload(small_documents(40))
        wait_for(lambda: {"QueueDeep", "OldestDocumentTooOld"} <= prometheus.firing(), "the queue's alerts firing")
        wait_for(
            lambda: {"QueueDeep", "OldestDocumentTooOld"} <= prometheus.silenced(), "the alerts of the queue inhibited"
        )
    finally:
        start()
    wait_for(lambda: not {"QueueDeep", "NoWorker"} & prometheus.firing(), "the queue worked off", 600)


def test_a_test_alert_reaches_the_receiver(appliance: Appliance, receiver: Receiver) -> None:
    appliance.run("alerts", "test")

    wait_for(lambda: any(name.startswith("TestAlert-") for name in receiver.names()), "the test alert")
