"""Names and addresses of this scenario."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from appliance import Appliance, docker
from client import Client

NAME = "decalogo.test"
Open = Callable[[str], Client]
_numbers = itertools.count(1)


def from_a_new_address() -> dict[str, str]:
    """Return the header of a client whom the edge has not seen before."""
    number = next(_numbers)
    return {"X-Forwarded-For": f"198.18.{number // 250}.{number % 250 + 1}"}


def gateway(appliance: Appliance, network: str) -> str:
    """Return the address by which containers of a network see this machine, and reach it."""
    template = "{{(index .IPAM.Config 0).Gateway}}"
    return docker("network", "inspect", "--format", template, f"{appliance.name}_{network}").strip()
