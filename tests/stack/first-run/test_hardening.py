"""Hardening as the engine applies it, so that a test fails if a line of it is removed from the compose files."""

import json
from typing import Any

import pytest

from appliance import SERVICES, Appliance, docker


def status_of_first_process(appliance: Appliance, service: str) -> dict[str, str]:
    text = appliance.compose("exec", "-T", service, "cat", "/proc/1/status")
    return {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}


def every_container(appliance: Appliance) -> dict[str, dict[str, Any]]:
    found = appliance.inspect()
    names = {container["Config"]["Labels"]["com.docker.compose.service"] for container in found}
    assert names == {*SERVICES, "setup"}
    return {container["Name"].lstrip("/"): container for container in found}


def test_every_container_is_confined(appliance: Appliance) -> None:
    for name, container in every_container(appliance).items():
        host = container["HostConfig"]
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert not host["Privileged"], name
        assert host["Memory"] > 0, name
        assert host["NanoCpus"] > 0, name
        assert host["PidsLimit"] > 0, name
        assert host["LogConfig"]["Type"] == "json-file", name
        assert {"max-size", "max-file"} <= host["LogConfig"]["Config"].keys(), name
        assert not [mount for mount in container["Mounts"] if "docker.sock" in mount["Source"]], name


def test_only_setup_runs_as_root_and_with_one_capability_and_no_network(appliance: Appliance) -> None:
    for name, container in every_container(appliance).items():
        is_setup = container["Config"]["Labels"]["com.docker.compose.service"] == "setup"
        user = container["Config"]["User"]
        assert (user == "0:0") == is_setup, f"{name} runs as {user or 'root'}"
        assert (container["HostConfig"]["CapAdd"] or []) == (["CHOWN"] if is_setup else []), name
        assert (container["HostConfig"]["NetworkMode"] == "none") == is_setup, name


def test_long_lived_services_restart(appliance: Appliance) -> None:
    for service in SERVICES:
        for container in appliance.inspect(service):
            assert container["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped", service


@pytest.mark.parametrize("service", SERVICES)
def test_the_kernel_agrees(appliance: Appliance, service: str) -> None:
    status = status_of_first_process(appliance, service)

    assert "0" not in status["Uid"].split()
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_can_be_written_outside_the_mounts(appliance: Appliance, service: str) -> None:
    with pytest.raises(AssertionError, match="Read-only file system"):
        appliance.compose("exec", "-T", "--user", "0", service, "touch", "/usr/local/bin/planted")


def test_only_the_edge_is_published(appliance: Appliance) -> None:
    for name, container in every_container(appliance).items():
        bound = container["HostConfig"]["PortBindings"] or {}
        ports = {target: [entry["HostPort"] for entry in entries] for target, entries in bound.items()}
        if container["Config"]["Labels"]["com.docker.compose.service"] == "nginx":
            assert ports == {"8080/tcp": [str(appliance.http_port)], "8443/tcp": [str(appliance.https_port)]}
        else:
            assert ports == {}, name


def test_internals_are_in_networks_without_a_way_out(appliance: Appliance) -> None:
    for service in SERVICES:
        for container in appliance.inspect(service):
            names = list(container["NetworkSettings"]["Networks"])
            internal = [network["Internal"] for network in json.loads(docker("network", "inspect", *names))]
            assert all(internal) == (service != "nginx"), f"{service} is in {names}"


def test_the_edge_cannot_reach_redis(appliance: Appliance) -> None:
    with pytest.raises(AssertionError, match="ended with 2"):
        appliance.compose("exec", "-T", "nginx", "getent", "hosts", "redis")


CONNECT = """
import socket, sys
from concurrent.futures import ThreadPoolExecutor

def reached(pair):
    port, address = pair.split("@")
    try:
        socket.create_connection((address, int(port)), timeout=20).close()
    except OSError:
        return ""
    return f"{port} {address}"

with ThreadPoolExecutor(len(sys.argv)) as pool:
    print(*filter(None, pool.map(reached, sys.argv[1:])), sep="\\n")
"""
PAGES = {"prometheus": 9090, "flower": 5555, "alertmanager": 9093}


@pytest.mark.parametrize("service", ["worker", "suspect", "scheduler", "api"])
def test_no_service_with_documents_reaches_the_pages_of_operators(appliance: Appliance, service: str) -> None:
    def places(name: str, port: int) -> list[str]:
        (container,) = appliance.inspect(name)
        addresses = [network["IPAddress"] for network in container["NetworkSettings"]["Networks"].values()]
        return [f"{port}@{address}" for address in [name, *addresses]]

    pages = [place for name, port in PAGES.items() for place in places(name, port)]
    assert len(pages) == 3 + 2 * 3  # each has a name, and an address in two networks

    reached = appliance.compose("exec", "-T", service, "python3", "-c", CONNECT, *pages, "6379@redis").split("\n")

    assert [line for line in reached if line] == ["6379 redis"]


def test_a_service_sees_its_own_secrets_only(appliance: Appliance) -> None:
    expected = {
        "redis": {"exporter-password", "health-password", "keeper-password", "operator-password", "users.acl"},
        "api": {"admin-token.sha256", "redis-password"},
        "worker": {"redis-password"},
        "suspect": {"redis-password"},
        "scheduler": {"redis-password"},
        "nginx": {"tls.crt", "tls.key", "htpasswd"},
        "redis-exporter": {"redis-passwords.json"},
        "flower": {"redis-password"},
        "alertmanager": set(),
    }
    for service, names in expected.items():
        listed = appliance.compose("exec", "-T", service, "find", "/run/secrets", "-type", "f").split()
        assert {path.rsplit("/", 1)[1] for path in listed} == names, service
        assert all(path.startswith(("/run/secrets/decalogo/", "/run/secrets/login/")) for path in listed)


def test_no_secret_is_in_inspect_environment_arguments_or_logs(appliance: Appliance) -> None:
    admin = appliance.run("token", "admin").strip()
    secrets = {
        "admin token": admin.split("_", 2)[2],
        "health": appliance.secret("redis", "health-password"),
        "operator": appliance.secret("redis", "operator-password"),
        "exporter": appliance.secret("redis", "exporter-password"),
        "keeper": appliance.secret("redis", "keeper-password"),
        "login": appliance.run("operator").strip().removeprefix("operator:"),
        **{name: appliance.secret(name, "redis-password") for name in ("api", "worker", "scheduler", "flower")},
    }
    assert all(len(secret) >= 40 for secret in secrets.values())
    places = {"inspect": json.dumps(appliance.inspect()), "logs": appliance.compose("logs", "--no-color")}
    for image in {container["Image"] for container in appliance.inspect()}:
        places[f"image {image}"] = docker("history", "--no-trunc", image)
    for service in SERVICES:
        for container in appliance.container_ids(service):
            places[f"arguments of {service}"] = docker("top", container, "-eo", "pid,args")
            # The first process is there for sure; others may end before they are read.
            script = "set -e; cat /proc/1/environ; cat /proc/[0-9]*/environ 2>/dev/null || true"
            places[f"environment of {service}"] = docker("exec", container, "sh", "-c", script)

    assert all(places.values())
    found = [
        f"{name} in {place}" for name, secret in secrets.items() for place, text in places.items() if secret in text
    ]
    assert found == []


def test_a_worker_writes_results_and_no_documents(appliance: Appliance) -> None:
    script = """cd /var/lib/decalogo/artifacts
        touch results/planted && rm results/planted && ls documents >/dev/null || echo "no results"
        for folder in documents reviews search incoming .; do touch $folder/planted 2>/dev/null && echo "$folder"; done
        true"""
    for service in ("worker", "suspect"):
        assert appliance.compose("exec", "-T", service, "sh", "-c", script).strip() == ""
