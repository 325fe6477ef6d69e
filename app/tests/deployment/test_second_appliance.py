"""A second appliance on one machine needs one setting: its name."""

from __future__ import annotations

import socket

import pytest

from tests.deployment.checkout import Checkout

PORTS = 'select_ports; echo "${HTTP_PORT:-} ${HTTPS_PORT:-}"'
# The answer of a machine whose ports are all free, except one.
TAKEN = "port_is_free() { [[ $1 != 8443 ]]; }; "
FREE = "port_is_free() { :; }; "


def test_another_name_selects_free_ports_and_keeps_them(checkout: Checkout) -> None:
    first = checkout.run(TAKEN + PORTS, COMPOSE_PROJECT_NAME="other")
    again = checkout.run(FREE + PORTS, COMPOSE_PROJECT_NAME="other")

    assert (first.stdout, again.stdout) == ("8081 8444\n", "8081 8444\n")
    assert "HTTPS_PORT" in first.stderr


def test_compose_gets_the_ports_of_the_last_start(checkout: Checkout) -> None:
    checkout.run(FREE + PORTS, COMPOSE_PROJECT_NAME="other")
    (checkout.folder / "bin/docker").write_text('#!/bin/sh\necho "$HTTP_PORT $HTTPS_PORT"\n')

    assert checkout.run("compose ps", COMPOSE_PROJECT_NAME="other").stdout == "8080 8443\n"


@pytest.mark.parametrize(
    "environment", [{}, {"COMPOSE_PROJECT_NAME": "other", "HTTPS_PORT": "9443"}], ids=["the first", "ports are set"]
)
def test_the_first_appliance_and_one_with_ports_keep_theirs(checkout: Checkout, environment: dict[str, str]) -> None:
    assert checkout.run(FREE + "select_ports; echo ${HTTP_PORT:-}", **environment).stdout == "\n"


def test_a_port_with_a_listener_is_not_free(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert checkout.run(f"port_is_free {listener.getsockname()[1]}").returncode == 1


@pytest.mark.parametrize(
    ("addresses", "published", "serves"),
    [("2: eth0 inet6 2001:db8::5/64", "443", True), ("", "443", False), ("2: eth0 inet6 x", "127.0.0.1:9443", False)],
)
def test_clients_over_ipv6_are_announced_if_there_can_be_any(
    checkout: Checkout, addresses: str, published: str, serves: bool
) -> None:
    (checkout.folder / "bin/ip").write_text(f"#!/bin/sh\nprintf '%s' '{addresses}'\n")
    (checkout.folder / "bin/ip").chmod(0o755)

    assert (checkout.run("serves_ipv6", HTTPS_PORT=published).returncode == 0) is serves
