"""Return the status of a batch, for the routes and the event stream."""

from __future__ import annotations

from decalogo.api.schemas import BatchStatus
from decalogo.api.services import Services
from decalogo.batches.states import Batch


def batch_status(batch: Batch, services: Services) -> BatchStatus:
    """Return the API's view of ``batch``."""
    settings = services.settings
    return BatchStatus.of(batch, settings.api.public_url, settings.storage.retention_days)
