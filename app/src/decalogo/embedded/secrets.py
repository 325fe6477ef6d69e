"""The secrets of an embedded appliance: those of the stack, in its data folder."""

from __future__ import annotations

import os
from pathlib import Path

from decalogo.embedded.layout import Layout
from decalogo.setup import secrets
from decalogo.setup.acl import HEALTH_USER


def make_secrets(layout: Layout) -> None:
    """Make the missing secrets, readable by the owner only."""
    before = os.umask(0o077)
    try:
        secrets.make_secrets(layout.secrets, set_groups=False)
    finally:
        os.umask(before)


def users_file(layout: Layout) -> Path:
    """Return the file with the users of the server."""
    return layout.secrets / "redis" / "users.acl"


def service_folder(layout: Layout, service: str) -> Path:
    """Return the secrets folder of ``api``, ``worker`` or ``scheduler``."""
    return layout.secrets / service


def password_file(layout: Layout, service: str) -> Path:
    """Return the file with the password of a service at the server."""
    return service_folder(layout, service) / "redis-password"


def health_login(layout: Layout) -> tuple[str, str]:
    """Return user and password of the health check, which may only PING."""
    return HEALTH_USER, (layout.secrets / "redis" / "health-password").read_text(encoding="utf-8").strip()


def admin_token_file(layout: Layout) -> Path:
    """Return the file with the first admin token."""
    return layout.secrets / "operator" / "admin-token"
