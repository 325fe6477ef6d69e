"""Allowed targets of webhooks: addresses, URLs and the deadline of a connection."""

from __future__ import annotations

import ipaddress
import socket
import time

import pytest

from decalogo.settings import WebhookSettings
from decalogo.webhooks import target
from tests.webhooks.receiver import QUICK


def test_a_handshake_that_does_not_end_is_aborted_with_the_attempt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        parts = target.check_url(f"https://127.0.0.1:{silent.getsockname()[1]}/", QUICK)
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            target.connect(parts, QUICK, started + 0.2)
        with pytest.raises(TimeoutError, match="not connected in time"):
            target.connect(parts, QUICK, started)
        assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("fec0::1", False),
        ("::8.8.8.8", False),
        ("::10.1.2.3", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_only_public_addresses_are_allowed(address: str, public: bool) -> None:
    assert target.is_public(ipaddress.ip_address(address)) is public


def test_a_name_that_resolves_to_a_private_address_is_rejected_when_connecting() -> None:
    strict = WebhookSettings()
    parts = target.check_url("https://localhost/hook", strict)
    with pytest.raises(target.ForbiddenAddressError):
        target.connect(parts, strict, time.monotonic() + 5)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https://user:pw@example.org/",
        "https://example.org/#x",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1]:443/",
        "https://exa mple.org/",
        "https://example.org:99999/",
        "https://example.org/\r\nX: y",
        "//example.org",
    ],
)
def test_an_invalid_url_is_rejected(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        target.check_url(url, WebhookSettings())
