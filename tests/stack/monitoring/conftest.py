"""One appliance with short intervals, a receiver of alerts, and work that gives every query data."""

import subprocess
from collections.abc import Iterator
from operator import gt

import pytest
from certificates import put_certificate
from observing import Prometheus, Receiver, wait_for

from appliance import Appliance
from client import Client
from papers import small_documents

SHORT = {
    "ALERT_SCRAPE_INTERVAL": "2s",
    "ALERT_FOR_CRITICAL": "2s",
    "ALERT_FOR_WARNING": "2s",
    "ALERT_QUEUE_DOCUMENTS": "20",
    "ALERT_OLDEST_SECONDS": "5",
    "ALERT_GROUP_WAIT": "1s",
    "ALERT_GROUP_INTERVAL": "2s",
    "ALERT_WEBHOOK_URL": "http://receiver:8080/",
    "ALERT_EMAIL_TO": "operator@example.org",
    "ALERT_EMAIL_FROM": "appliance@example.org",
    "ALERT_SMTP_HOST": "receiver:2525",
    "ALERT_SMTP_TLS": "false",
    "REDIS_MAXMEMORY": "16mb",
    "WORKER_CONCURRENCY": "1",
    "NGINX_REQUESTS_PER_MINUTE": "0",
    "NGINX_UPLOADS_PER_MINUTE": "0",
}


@pytest.fixture(scope="package")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    clone = Appliance(tmp_path_factory.mktemp("monitoring") / "decalogo", "decalogo-monitoring")
    certificates = tmp_path_factory.mktemp("tls")
    certificates.chmod(0o755)
    put_certificate(certificates, days=300)
    clone.environment = {**clone.environment, **SHORT, "TLS_DIR": str(certificates)}
    try:
        clone.run("up", "--scale", "worker=2")
        yield clone
    finally:
        clone.delete()


@pytest.fixture(scope="package")
def client(appliance: Appliance) -> Client:
    return appliance.client(appliance.run("token", "create", "tests", "--tier", "premium").strip())


@pytest.fixture(scope="package")
def prometheus(appliance: Appliance) -> Prometheus:
    return Prometheus(appliance)


@pytest.fixture(scope="package")
def receiver(appliance: Appliance) -> Iterator[Receiver]:
    found = Receiver(appliance)
    try:
        yield found
    finally:
        subprocess.run(["docker", "rm", "--force", found.container], check=True, capture_output=True)


@pytest.fixture(scope="package")
def worked(client: Client, prometheus: Prometheus) -> str:
    """Finished work, in two batches: a rate needs two samples of a series, of every service that counts the batch."""
    for _ in range(2):
        before = counted(prometheus)
        accepted = client.upload(small_documents(4))
        client.follow(accepted["job_id"])
        wait_for(lambda seen=before: all(map(gt, counted(prometheus), seen)), "the batch in Prometheus")  # type: ignore[misc]
    return str(accepted["job_id"])


def counted(prometheus: Prometheus) -> list[float]:
    """Return what Prometheus has of each counter that moves once a batch: those of workers and the API's."""
    counters = (
        "decalogo_worker_documents_total",
        "decalogo_queue_wait_duration_seconds_count",
        "decalogo_enqueue_duration_seconds_count",
    )
    found = [prometheus.query(f"sum({counter})") for counter in counters]
    return [float(series[0]["value"][1]) if series else 0 for series in found]
