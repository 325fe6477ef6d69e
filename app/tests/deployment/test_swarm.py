"""What becomes of the compose files as a stack of Docker Swarm; tests/stack/swarm deploys it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from decalogo.swarm import stack_file

MODEL: dict[str, Any] = {
    "services": {
        "once": {
            "image": "i", "restart": "no", "network_mode": "none", "command": None,
            "environment": {"A": "1", "B": None},
            "mem_limit": "268435456", "cpus": 0.5, "pids_limit": 32, "tmpfs": ["/tmp:size=16m,mode=1777"],
            "security_opt": ["no-new-privileges:true"],
        },
        "edge": {
            "image": "i", "restart": "unless-stopped", "networks": {"out": None}, "deploy": {"replicas": 2},
            "mem_limit": "1", "cpus": 1, "pids_limit": 1,
            "ports": [{"mode": "ingress", "target": 8443, "published": "443", "protocol": "tcp"}],
        },
    },
    "networks": {"out": {"name": "x_out", "ipam": {}}, "in": {"internal": True}},
    "volumes": {"data": {"name": "x_data"}},
}  # fmt: skip


def test_limits_restarts_ports_and_mounts_are_said_in_swarms_words() -> None:
    found = stack_file(MODEL, "node-1")

    once, edge = found["services"]["once"], found["services"]["edge"]
    assert once["deploy"]["resources"]["limits"] == {"memory": "268435456", "cpus": "0.5", "pids": 32}
    assert once["deploy"]["restart_policy"] == {"condition": "none"}
    assert once["deploy"]["placement"] == {"constraints": ["node.id == node-1"]}
    assert once["volumes"] == [{"type": "tmpfs", "target": "/tmp", "tmpfs": {"size": 16 << 20}}]
    assert once["environment"] == {"A": "1"}
    assert edge["deploy"]["replicas"] == 2
    assert edge["deploy"]["restart_policy"]["condition"] == "any"
    assert edge["ports"] == [{"target": 8443, "published": 443, "protocol": "tcp", "mode": "host"}]
    assert found["volumes"] == {"data": {"name": "x_data"}}


def test_a_container_without_a_network_gets_one_that_nobody_shares() -> None:
    found = stack_file(MODEL, "node-1")

    assert found["services"]["once"]["networks"] == ["alone"]
    assert found["networks"]["alone"] == found["networks"]["in"] == {"driver": "overlay", "internal": True}
    assert found["networks"]["out"] == {"driver": "overlay"}


def test_an_image_that_was_built_anew_changes_its_services_and_no_others() -> None:
    before, after = (
        stack_file({**MODEL, "x-image-ids": {"i": image_id, "other": "sha256:3"}}, "node-1")["services"]
        for image_id in ("sha256:1", "sha256:2")
    )

    assert before["once"]["labels"] == {"decalogo.image": "sha256:1"}
    assert after["edge"]["labels"] == {"decalogo.image": "sha256:2"}
    # Labels of the service, under `deploy`, would not replace its containers.
    assert "labels" not in after["edge"]["deploy"]
    pulled = {**MODEL, "x-image-ids": {"other": "sha256:3"}}
    assert stack_file(pulled, "node-1") == stack_file(MODEL, "node-1")


def test_a_key_that_nobody_thought_of_is_refused() -> None:
    model = {**MODEL, "services": {"new": {"image": "i", "sysctls": {"a": 1}}}}

    with pytest.raises(ValueError, match="service new: Swarm is not told of sysctls"):
        stack_file(model, "node-1")


@pytest.mark.parametrize("name", ["compose.yaml", "compose.hosts.yaml"])
def test_every_key_of_the_appliances_own_files_is_known(name: str) -> None:
    raw = yaml.safe_load((Path(__file__).parents[3] / name).read_text())
    for service, keys in raw["services"].items():
        model = {"services": {service: {**keys, "ports": [], "networks": {}}}, "networks": {}, "volumes": {}}
        assert stack_file(model, "x")["services"][service]["image"]
