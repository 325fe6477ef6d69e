"""Names and addresses of this scenario."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Callable

from appliance import Appliance, docker
from client import Client

NAME = "decalogo.test"
Open = Callable[[str], Client]
_numbers = itertools.count(1)


def from_a_new_address() -> dict[str, str]:
    """Return the header of a client with a new address."""
    number = next(_numbers)
    return {"X-Forwarded-For": f"198.18.{number // 250}.{number % 250 + 1}"}


def gateway(appliance: Appliance, network: str) -> str:
    """Return the address of this machine in a network: the first one, as the engine assigns it.

    The engine does not list the gateway of a network that was created with a subnet alone.
    """
    template = "{{(index .IPAM.Config 0).Subnet}}"
    subnet = docker("network", "inspect", "--format", template, f"{appliance.name}_{network}").strip()
    return str(ipaddress.ip_network(subnet)[1])
