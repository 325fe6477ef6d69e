"""The secrets of an embedded appliance: the same that the stack makes, in one folder of its data."""

from __future__ import annotations

import os
from pathlib import Path

from decalogo.embedded.layout import Layout
from decalogo.setup import secrets
from decalogo.setup.acl import HEALTH_USER


def make_secrets(layout: Layout) -> None:
    """Make what is missing, readable by the owner only."""
    before = os.umask(0o077)
    try:
        secrets.make_secrets(layout.secrets, set_groups=False)
    finally:
        os.umask(before)


def users_file(layout: Layout) -> Path:
    """Return the server's file of users."""
    return layout.secrets / "redis" / "users.acl"


def service_folder(layout: Layout, service: str) -> Path:
    """Return the secrets of ``api``, ``worker`` or ``scheduler``; its name is its user name at the server, too."""
    return layout.secrets / service


def password_file(layout: Layout, service: str) -> Path:
    """Return the file of a service's password at the server."""
    return service_folder(layout, service) / "redis-password"


def health_login(layout: Layout) -> tuple[str, str]:
    """Return user and password of the check that may only PING."""
    return HEALTH_USER, (layout.secrets / "redis" / "health-password").read_text(encoding="utf-8").strip()


def admin_token_file(layout: Layout) -> Path:
    """Return where the first admin token is kept."""
    return layout.secrets / "operator" / "admin-token"
