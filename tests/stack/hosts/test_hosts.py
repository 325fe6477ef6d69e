"""Workers on another host, in order: from before the gateway starts until the host is revoked."""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
import urllib.error
import urllib.request

import pytest
import redis
from conftest import PROCESSES, Joined, SecondHost, wait

from appliance import Appliance, docker
from client import Client
from papers import small_text

REFUSED = (
    "FLUSHALL", "CONFIG GET dir", "DEBUG SLEEP 0", "KEYS *", "SHUTDOWN", "ACL LIST", "ACL SETUSER x", "SCRIPT FLUSH",
    "CLIENT KILL USER api", "HGETALL token:x", "HSET token:x name y", "ZRANGE tokens 0 -1", "SAVE", "REPLICAOF NO ONE",
)  # fmt: skip


def submit(client: Client, count: int) -> str:
    """Submit a batch of small documents and return its id."""
    job_id: str = client.upload([(f"plan-{n}.txt", small_text(n)) for n in range(count)])["job_id"]
    return job_id


def running(client: Client, job_id: str) -> int:
    """Return the number of running documents of a batch."""
    counts: dict[str, int] = client.get(f"/api/v1/batch/status/{job_id}")["counts"]
    return counts["running"]


def metric(appliance: Appliance, name: str) -> str:
    """Return a sample's value as the scheduler shows it, or nothing."""
    read = "import urllib.request as u; print(u.urlopen('http://localhost:9100/metrics').read().decode())"
    for _ in range(10):  # without the ledger's samples where Redis took too long
        page = appliance.compose("exec", "-T", "scheduler", "python3", "-c", read)
        if found := re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE):
            return found[1]
        time.sleep(1)
    return ""


def test_nothing_is_published_before_a_host_may_join(appliance: Appliance) -> None:
    published = {
        container["Config"]["Labels"]["com.docker.compose.service"]
        for container in appliance.inspect()
        if container["HostConfig"]["PortBindings"]
    }
    assert published == {"nginx"}
    for port in (appliance.hosts_port, appliance.hosts_redis_port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 60).close()


def test_a_gateway_that_cannot_start_is_disabled_again(appliance: Appliance) -> None:
    with (
        socket.create_server(("0.0.0.0", appliance.hosts_port)),
        pytest.raises(AssertionError, match="did not start"),
    ):
        appliance.run("join-token", "north")

    assert not (appliance.folder / "var/hosts").exists()
    assert "hosts" not in appliance.compose("ps", "--all", "--services").split()


def test_a_second_host_that_shares_no_network_and_no_disk_finishes_documents(
    appliance: Appliance, client: Client, second: SecondHost, joined: Joined
) -> None:
    appliance.compose("stop", "worker")
    (other,) = json.loads(docker("inspect", second.worker()))
    own = {name for container in appliance.inspect() for name in container["NetworkSettings"]["Networks"]}
    volumes = {mount.get("Name") for container in appliance.inspect() for mount in container["Mounts"]}
    assert not own & set(other["NetworkSettings"]["Networks"])
    assert not volumes & {mount.get("Name") for mount in other["Mounts"]}

    counts = client.follow(submit(client, 4))[-1]

    assert counts["succeeded"] == counts["total"] == 4
    wait(lambda: second.log().count('"outcome": "succeeded"') == 4, "all four in its log", 600)


def test_its_workers_have_the_name_of_the_host(appliance: Appliance, second: SecondHost, joined: Joined) -> None:
    assert f"worker-{second.worker()}@north" in second.log()
    wait(lambda: metric(appliance, 'decalogo_host_workers_alive{host="north"}') == "1.0", "it is counted", 600)
    read = "import urllib.request as u; print(u.urlopen('http://flower-pages:5555/flower/workers').read().decode())"
    wait(
        lambda: f"worker-{second.worker()}@north" in appliance.compose("exec", "-T", "flower", "python3", "-c", read),
        "Flower shows the worker",
        600,
    )


def test_the_ports_require_tls_and_nginx_does_not_serve_the_internal_addresses(
    appliance: Appliance, client: Client, joined: Joined
) -> None:
    for port in (appliance.hosts_port, appliance.hosts_redis_port):
        with socket.create_connection(("127.0.0.1", port), 60) as plain:
            plain.settimeout(60)
            plain.sendall(b"PING\r\n\r\n")
            assert b"PONG" not in plain.recv(100)
        old = joined.trust()
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with socket.create_connection(("127.0.0.1", port), 60) as raw, pytest.raises(ssl.SSLError):
            old.wrap_socket(raw)
    assert client.http.get("/internal/v1/host", headers={"Authorization": f"Bearer {joined.bearer}"}).status_code == 404


def test_a_host_can_do_no_more_than_work(joined: Joined) -> None:
    with joined.redis(db=1) as host:
        assert host.ping()
        for command in REFUSED:
            with pytest.raises(redis.exceptions.ResponseError, match=r"permissions|DEBUG command not allowed"):
                host.execute_command(*command.split())
    for wrong in ({"password": "0" * 64}, {"username": "default"}, {"username": None, "password": None}):
        with joined.redis(**wrong) as stranger, pytest.raises(redis.exceptions.AuthenticationError):
            stranger.ping()


def test_cut_off_in_the_middle_others_finish_and_its_late_answers_are_refused(
    appliance: Appliance, client: Client, second: SecondHost, joined: Joined
) -> None:
    fenced = float(metric(appliance, "decalogo_fenced_results_total"))
    job_id = submit(client, 4)
    wait(lambda: running(client, job_id) == PROCESSES, "two running there", 600)

    second.cut()
    appliance.compose("start", "worker")
    counts = client.follow(job_id)[-1]
    answers = {d["document_id"]: d["attempts"] for d in client.documents(job_id)}
    second.reconnect()

    assert counts["succeeded"] == counts["total"] == 4
    assert sorted(answers.values()) == [1, 1, 2, 2]
    wait(lambda: second.log().count("attempt fenced") == 2, "both late answers are refused", 600)
    wait(lambda: float(metric(appliance, "decalogo_fenced_results_total")) == fenced + 2, "they are counted", 600)
    assert {d["document_id"]: d["attempts"] for d in client.documents(job_id)} == answers


def test_a_host_that_is_back_works_again(appliance: Appliance, client: Client, second: SecondHost) -> None:
    appliance.compose("stop", "worker")
    before = second.log().count('"outcome": "succeeded"')

    counts = client.follow(submit(client, 2))[-1]

    assert counts["succeeded"] == counts["total"] == 2
    wait(lambda: second.log().count('"outcome": "succeeded"') == before + 2, "both in its log", 600)


def test_the_number_of_its_workers_changes_without_the_line(appliance: Appliance, second: SecondHost) -> None:
    second.clone.run("join", "--scale", "worker=2")

    wait(lambda: metric(appliance, 'decalogo_host_workers_alive{host="north"}') == "2.0", "two workers there", 600)
    healthy = ("--filter", f"label=com.docker.compose.project={second.clone.name}", "--filter", "health=healthy")
    wait(lambda: len(docker("ps", "--quiet", *healthy).split()) == 2, "both healthy", 600)
    assert second.clone.run("status").count("healthy") == 2


def test_a_revoked_host_is_disconnected_within_seconds_and_its_documents_are_requeued(
    appliance: Appliance, client: Client, second: SecondHost, joined: Joined
) -> None:
    job_id = submit(client, 2)
    wait(lambda: running(client, job_id) == PROCESSES, "both running there", 600)
    (listed,) = [row.split()[0] for row in appliance.run("join-token", "list").splitlines() if row.endswith("north")]
    standing = joined.redis(single_connection_client=True)
    assert standing.ping()

    started = time.monotonic()
    appliance.run("join-token", "revoke", listed)

    assert f"user={joined.user} " not in appliance.compose("exec", "-T", "redis", "operator-cli", "client", "list")
    with pytest.raises(redis.exceptions.ConnectionError):
        standing.ping()
    standing.close()
    asked = urllib.request.Request(
        f"https://127.0.0.1:{joined.content['port']}/internal/v1/host",
        headers={"Authorization": f"Bearer {joined.bearer}"},
    )
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(asked, context=joined.trust(), timeout=60)
    print(f"out after {time.monotonic() - started:.1f} s")
    appliance.compose("start", "worker")
    assert client.follow(job_id)[-1]["succeeded"] == 2
    assert appliance.run("join-token", "list") == ""
    recorded = appliance.run("audit", "list", "--action", "host.*", "--json").splitlines()
    found = [json.loads(line) for line in recorded]
    assert [record["action"] for record in found][-2:] == ["host.add", "host.revoke"]
    assert (found[-2]["name"], found[-1]["host"]) == ("north", listed)
    wait(lambda: "user is disabled" in second.log(), "its worker is refused", 600)


def test_the_gateway_stops(appliance: Appliance) -> None:
    appliance.run("hosts", "off")

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", appliance.hosts_port), 60).close()
    assert f"{appliance.name}_hosts" not in docker("network", "ls", "--format", "{{.Name}}").split()
