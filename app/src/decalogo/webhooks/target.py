"""Allowed targets of webhooks.

A host name is resolved once. The resolved address is checked and then used for the connection. A second resolution
could return another address (DNS rebinding).
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import socket
import ssl
import time
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from decalogo.settings import WebhookSettings


class ForbiddenAddressError(OSError):
    """The host name resolves to no allowed address."""


def check_url(url: str, settings: WebhookSettings) -> SplitResult:
    """Return the parts of ``url``; raise ``ValueError`` unless it is an https URL (or http, if private is allowed)."""
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("must be a URL in ASCII without spaces")
    parts = urlsplit(url)
    _port = parts.port  # raises ValueError when it is not a number
    schemes = ("https", "http") if settings.allow_private else ("https",)
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"must be a URL that begins with {' or '.join(f'{s}://' for s in schemes)}")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("must not contain a user name, password or fragment")
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return parts
    if not settings.allow_private and not is_public(literal):
        raise ValueError("must not be a private, loopback or link-local address")
    return parts


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether an address is public; for an address that embeds an IPv4 address, the embedded one decides."""
    if isinstance(address, ipaddress.IPv6Address):
        # Site-local and IPv4-compatible addresses are deprecated (RFC 3879, RFC 4291), and ipaddress calls them global.
        if address.is_site_local or int(address) >> 32 == 0:
            return False
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def connect(parts: SplitResult, settings: WebhookSettings, ends: float) -> http.client.HTTPConnection:
    """Return an open connection to the target.

    Args:
        parts: the URL, as :func:`check_url` returns it.
        settings: which addresses are allowed.
        ends: deadline of the connection, monotonic seconds. It does not interrupt name resolution.

    Raises:
        ForbiddenAddressError: none of its addresses is allowed.
        OSError: the connection failed, took too long, or the certificate is not trusted.
    """
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    plain = _through_proxy(host, port, settings, ends) if settings.proxy_url else _direct(host, port, settings, ends)
    try:
        plain.settimeout(_seconds_left(ends))  # for the TLS handshake, then for each read
        open_socket = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
    except BaseException:
        plain.close()
        raise
    # HTTPConnection formats and parses messages on this socket. It must never connect by itself.
    connection = http.client.HTTPConnection(host, port)
    connection.auto_open = 0
    connection.sock = open_socket
    return connection


def _allowed(host: str, port: int, settings: WebhookSettings) -> list[Any]:
    """Return the addresses of a host that are allowed; raise :class:`ForbiddenAddressError` if none is."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed = [entry for entry in found if settings.allow_private or is_public(ipaddress.ip_address(entry[4][0]))]
    if not allowed:
        raise ForbiddenAddressError(f"{host} resolves to no public address")
    return allowed


def _direct(host: str, port: int, settings: WebhookSettings, ends: float) -> socket.socket:
    family, kind, protocol, _name, address = _allowed(host, port, settings)[0]
    plain = socket.socket(family, kind, protocol)
    try:
        plain.settimeout(_seconds_left(ends))
        plain.connect(address)
    except BaseException:
        plain.close()
        raise
    return plain


def _through_proxy(host: str, port: int, settings: WebhookSettings, ends: float) -> socket.socket:
    """Return a tunnel to the target. Where its name has no address here, the proxy decides alone."""
    with suppress(socket.gaierror):
        _allowed(host, port, settings)
    proxy = urlsplit(settings.proxy_url)
    connection = http.client.HTTPConnection(proxy.hostname or "", proxy.port or 3128, timeout=_seconds_left(ends))
    login = {}
    if proxy.username is not None:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        login["Proxy-Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    connection.set_tunnel(host, port, login)
    connection.connect()  # sends CONNECT; an OSError if the proxy refuses
    plain: socket.socket = connection.sock
    connection.sock = None
    return plain


def _seconds_left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("not connected in time")
    return left
