"""The range of the containers' networks: one /24 that nothing else on the machine uses."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.deployment.checkout import ROOT, Checkout

FILES = ("compose.yaml", "compose.monitoring.yaml", "compose.scale.yaml", "compose.hosts.yaml")
NO_ADDRESSES = "ip() { :; }; "


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("10.213.84.0/24", "10.213.84.128/28", True),
        ("10.213.84.0/24", "10.213.85.0/24", False),
        ("10.213.84.0/24", "10.0.0.0/8", True),
        ("10.213.84.0/24", "172.17.0.0/16", False),
        ("10.213.84.0/24", "0.0.0.0/0", True),
    ],
)
def test_networks_overlap_when_they_share_an_address(
    checkout: Checkout, first: str, second: str, expected: bool
) -> None:
    for pair in (f"{first} {second}", f"{second} {first}"):
        assert (checkout.run(f"overlap {pair}").returncode == 0) is expected


@pytest.mark.parametrize(
    ("used", "prefix"),
    [("172.17.0.0/16", "10.213.84"), ("10.213.84.0/25", "10.213.85"), ("10.213.84.0/23", "10.213.86")],
)
def test_the_first_free_range_is_selected_and_kept(checkout: Checkout, used: str, prefix: str) -> None:
    checkout.answer("network ls --quiet --filter driver", "0123\n")
    checkout.answer("network inspect", f"{used}\n")
    command = NO_ADDRESSES + "select_network decalogo; echo $NETWORK_PREFIX"

    assert checkout.run(command).stdout == f"{prefix}\n"
    checkout.answer("network inspect", "172.17.0.0/16\n")
    assert checkout.run(command).stdout == f"{prefix}\n"
    assert checkout.run(command, NETWORK_PREFIX="10.1.2").stdout == "10.1.2\n"


def test_a_machine_without_a_free_range_gets_the_name_of_the_setting(checkout: Checkout) -> None:
    checkout.answer("network ls --quiet --filter driver", "0123\n")
    checkout.answer("network inspect", "10.0.0.0/8\n")

    done = checkout.run(NO_ADDRESSES + "select_network decalogo")

    assert done.returncode == 1
    assert "NETWORK_PREFIX" in done.stderr


@pytest.mark.parametrize(("prefix", "renewed"), [("10.213.84", False), ("10.9.9", True)])
def test_services_stop_when_their_networks_move(checkout: Checkout, prefix: str, renewed: bool) -> None:
    checkout.answer("network ls", "0123\n")
    checkout.answer("network inspect", "decalogo_backend 10.213.84.0/25\n")

    done = checkout.run("renew_networks", NETWORK_PREFIX=prefix)

    assert done.returncode == 0, done.stderr
    assert ("down --remove-orphans" in checkout.asked()) is renewed
    assert "--volumes" not in checkout.asked()


def test_the_networks_of_all_files_share_the_range_without_overlap(checkout: Checkout) -> None:
    subnets: list[str] = []
    for name in (*FILES, "loadtest/compose.yaml"):
        model = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
        for network in (model.get("networks") or {}).values():
            (entry,) = network["ipam"]["config"]
            subnets.append(re.sub(r"^\$\{NETWORK_PREFIX:-([\d.]+)\}", r"\1", entry["subnet"]))
    assert len(subnets) >= 9
    pairs = [(a, b) for n, a in enumerate(subnets) for b in subnets[n + 1 :]]
    for first, second in pairs:
        assert checkout.run(f"overlap {first} {second}").returncode == 1, f"{first} and {second}"
    assert all(subnet.startswith("10.213.84.") for subnet in subnets)
