"""The web application of one process: the API, and the console on top of it."""

from __future__ import annotations

from fastapi import FastAPI

from decalogo.api.app import create_api
from decalogo.api.services import Services
from decalogo.console import app as console
from decalogo.settings import Settings


def create_app(settings: Settings, services: Services | None = None) -> FastAPI:
    """Return the application.

    Args:
        settings: the configuration.
        services: what the routes use; opened from ``settings`` if None.
    """
    app = create_api(settings, services)
    console.mount(app)
    return app
