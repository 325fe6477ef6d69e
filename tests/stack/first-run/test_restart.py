"""`down` keeps everything, and nothing that was accepted is lost to a killed container."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from appliance import Appliance, docker
from client import Client
from papers import REAL_PLAN, small_documents


def wait_for(condition: Callable[[], object], what: str, seconds: float = 600) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"no sign of: {what}"
        time.sleep(0.2)


def test_batches_results_and_tokens_outlive_down_and_up_and_unfinished_documents_go_on(
    appliance: Appliance, client: Client
) -> None:
    accepted = client.upload(small_documents(3))
    client.follow(accepted["job_id"])
    results = client.get(f"/api/v1/batch/{accepted['job_id']}/results")
    admin = appliance.run("token", "admin")
    certificate = appliance.run("certificate")
    unfinished = client.upload([(f"{n}.pdf", REAL_PLAN.read_bytes()) for n in range(12)])

    appliance.run("down")
    assert appliance.container_ids() == []
    appliance.run("up", "--scale", "worker=2")

    assert client.get(f"/api/v1/batch/{accepted['job_id']}/results") == results
    assert appliance.run("token", "admin") == admin
    assert appliance.run("certificate") == certificate
    assert "batches" in appliance.client(admin.strip()).get("/api/v1/batch")
    assert client.follow(unfinished["job_id"])[-1]["succeeded"] == 12


def test_status_fails_while_a_service_is_down(appliance: Appliance) -> None:
    stopped = appliance.container_ids("worker")[0]
    docker("stop", stopped)
    try:
        with pytest.raises(AssertionError, match=r"Not healthy: worker\."):
            appliance.run("status")
    finally:
        docker("start", stopped)
    wait_for(lambda: appliance.inspect("worker")[0]["State"]["Health"]["Status"] == "healthy", "a healthy worker again")
    assert "worker-1" in appliance.run("status")


def test_a_worker_killed_at_work_loses_nothing(appliance: Appliance, client: Client) -> None:
    victim = appliance.container_ids("worker")[0]
    accepted = client.upload([(f"{n}.pdf", REAL_PLAN.read_bytes()) for n in range(12)])
    status = f"/api/v1/batch/status/{accepted['job_id']}"
    wait_for(lambda: client.get(status)["counts"]["running"] >= 2, "two documents at work")

    docker("kill", victim)
    unfinished = client.get(status)["counts"]
    assert unfinished["succeeded"] < 12, "the worker was killed too late to prove anything"

    try:
        assert client.follow(accepted["job_id"])[-1]["succeeded"] == 12
    finally:
        appliance.run("up", "--scale", "worker=2")
    assert len(client.get(f"/api/v1/batch/{accepted['job_id']}/results")) == 12


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to kill a container's process from outside")
@pytest.mark.parametrize("service", ["worker", "api", "scheduler", "nginx", "redis"])
def test_a_service_whose_process_dies_comes_back(appliance: Appliance, client: Client, service: str) -> None:
    before = appliance.inspect(service)[0]
    process = int(before["State"]["Pid"])
    assert process > 1, f"{service} does not run"

    os.kill(process, signal.SIGKILL)

    def is_back() -> bool:
        (now,) = [found for found in appliance.inspect(service) if found["Id"] == before["Id"]]
        return now["RestartCount"] > before["RestartCount"] and now["State"]["Health"]["Status"] == "healthy"

    wait_for(is_back, f"a healthy {service} again", 600)
    accepted = client.upload(small_documents(2))
    assert client.follow(accepted["job_id"])[-1]["succeeded"] == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to freeze a container's process from outside")
def test_frozen_services_are_noticed(appliance: Appliance) -> None:
    containers = {service: appliance.inspect(service)[0]["Id"] for service in ("worker", "scheduler")}
    listed = [docker("top", container, "-eo", "pid") for container in containers.values()]
    processes = [int(line.split()[0]) for text in listed for line in text.splitlines()[1:]]

    def health(service: str) -> str:
        (found,) = [one for one in appliance.inspect(service) if one["Id"] == containers[service]]
        return str(found["State"]["Health"]["Status"])

    def tell_all(what: signal.Signals) -> None:
        for process in processes:
            with suppress(ProcessLookupError):  # a health check that was running when they were listed
                os.kill(process, what)

    tell_all(signal.SIGSTOP)
    try:
        for service in containers:
            wait_for(lambda name=service: health(name) == "unhealthy", f"an unhealthy {service}", 600)  # type: ignore[misc]
    finally:
        tell_all(signal.SIGCONT)
    for service in containers:
        wait_for(lambda name=service: health(name) == "healthy", f"a healthy {service} again")  # type: ignore[misc]
