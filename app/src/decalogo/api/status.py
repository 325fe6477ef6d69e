"""A batch's status as it is told, with what only the settings know."""

from __future__ import annotations

from decalogo.api.schemas import BatchStatus
from decalogo.api.services import Services
from decalogo.batches.states import Batch


def batch_status(batch: Batch, services: Services) -> BatchStatus:
    """Return what the API tells about ``batch``."""
    settings = services.settings
    return BatchStatus.of(batch, settings.api.public_url, settings.storage.retention_days)
