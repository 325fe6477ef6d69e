"""The appliance's compose model as a stack file of Docker Swarm, which knows other names for the same things.

Swarm reads version 3 of the format: limits and restarts stand under ``deploy``, a tmpfs is a mount, and nothing waits
for anything else (services that start too early end and are started again). Names resolve to containers and ports are
the node's own (``endpoint_mode: dnsrr``, ``mode: host``): virtual addresses need IPVS in the kernel; this stack is one
node's, because its volumes are. What Swarm has no word for is in ``LOST``.

Swarm replaces a service's containers when its definition changes, and a tag that stands still (``:local``) does not
change with what was built. So each container bears the id of its image as a label.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

LOST: Final = ("security_opt", "network_mode", "depends_on", "pull_policy", "build", "profiles")
"""Keys that are dropped: no-new-privileges cannot be asked for, nor a container without a network (the one-shot gets a
network of its own), nor an order of starting."""

_SAME: Final = (
    "image", "command", "entrypoint", "environment", "user", "read_only", "init", "cap_add", "cap_drop", "healthcheck",
    "logging", "stop_grace_period", "networks",
)  # fmt: skip
_KNOWN: Final = frozenset(
    {*_SAME, *LOST, "deploy", "restart", "ports", "volumes", "tmpfs", "mem_limit", "cpus", "pids_limit"}
)
_UNITS: Final = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_ALONE: Final = "alone"
IMAGE_LABEL: Final = "decalogo.image"


def stack_file(model: Mapping[str, Any], node_id: str) -> dict[str, Any]:
    """Return what ``docker stack deploy`` takes.

    Args:
        model: what ``docker compose config --format json`` prints, and under ``x-image-ids`` the id of each image that
            is on this node, by the name the services call it; of one that is missing there the tag alone counts.
        node_id: the node that holds the volumes, and so runs all services.

    Raises:
        ValueError: a service has a key that is neither translated nor known to be lost.
    """
    image_ids = model.get("x-image-ids", {})
    services = {name: _service(name, service, node_id, image_ids) for name, service in model["services"].items()}
    networks = {
        name: {"driver": "overlay", **({"internal": True} if network.get("internal") else {})}
        for name, network in model["networks"].items()
    }
    if any(_ALONE in service["networks"] for service in services.values()):
        networks[_ALONE] = {"driver": "overlay", "internal": True}
    return {"version": "3.9", "services": services, "networks": networks, "volumes": model["volumes"]}


def _service(name: str, service: Mapping[str, Any], node_id: str, image_ids: Mapping[str, str]) -> dict[str, Any]:
    if unknown := sorted(service.keys() - _KNOWN):
        raise ValueError(f"service {name}: Swarm is not told of {', '.join(unknown)}")
    found = {key: service[key] for key in _SAME if service.get(key) is not None}
    if image_id := image_ids.get(service["image"]):
        found["labels"] = {IMAGE_LABEL: image_id}
    if "environment" in found:
        found["environment"] = {key: value for key, value in found["environment"].items() if value is not None}
    if service.get("network_mode") == "none":
        found["networks"] = [_ALONE]
    else:
        found["networks"] = list(service["networks"])
    found["volumes"] = [*service.get("volumes", ()), *(_tmpfs(text) for text in service.get("tmpfs", ()))]
    found["ports"] = [
        {"target": port["target"], "published": int(port["published"]), "protocol": port["protocol"], "mode": "host"}
        for port in service.get("ports", ())
    ]
    limits = {"memory": str(service["mem_limit"]), "cpus": str(service["cpus"]), "pids": int(service["pids_limit"])}
    once = service.get("restart", "no") == "no"
    found["deploy"] = {
        "replicas": service.get("deploy", {}).get("replicas", 1),
        "endpoint_mode": "dnsrr",
        "placement": {"constraints": [f"node.id == {node_id}"]},
        "resources": {"limits": limits},
        "restart_policy": {"condition": "none"} if once else {"condition": "any", "delay": "2s"},
    }
    return found


def _tmpfs(text: str) -> dict[str, Any]:
    """Return ``/tmp:size=16m,mode=1777`` as a mount; its mode is the engine's default, 1777."""
    target, _, options = text.partition(":")
    size = re.search(r"size=(\d+)([bkmg]?)", options)
    mount: dict[str, Any] = {"type": "tmpfs", "target": target}
    if size:
        mount["tmpfs"] = {"size": int(size[1]) * _UNITS[size[2]]}
    return mount
