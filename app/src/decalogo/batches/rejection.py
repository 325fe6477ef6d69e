"""Errors for uploads and retries that admission control rejects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from decalogo.errors import BodyError, ForbiddenError, KeyUsedError, QuotaError, UnavailableError


class StoredLimits(NamedTuple):
    """Maximum number of documents that a tenant stores, finished ones included, and of their bytes; 0 disables."""

    documents: int
    bytes: int


NO_STORED_LIMITS: Final = StoredLimits(0, 0)


def raise_rejection(reply: Sequence[str]) -> None:
    """Raise the error of a rejection; do nothing for an empty reply.

    Args:
        reply: reply of ``lua/admit.lua``, ``lua/append.lua``, ``lua/check_admission.lua`` or ``lua/retry.lua``.

    Raises:
        KeyUsedError: another upload with the same idempotency key was accepted meanwhile.
        QuotaError: a limit of the tenant.
        UnavailableError: the limit of queued documents or of Redis memory.
        ForbiddenError, BodyError: documents cannot be added to a batch.
    """
    if not reply:
        return
    if reply[0] == "idempotency-key":
        raise KeyUsedError("Another upload with this Idempotency-Key was accepted a moment ago.", retry_after=1)
    _raise_not_added(reply)
    name, value, limit, retry_after = reply[0], int(reply[1]), int(reply[2]), int(reply[3])
    extra = {"limit": name, "retry_after": retry_after}
    if name == "tenant-documents":
        raise QuotaError(f"{value} of your documents are unfinished and your limit is {limit}; retry later", **extra)
    if name.startswith("stored-"):
        detail = (
            f"Your stored files would exceed {limit} bytes. Delete batches that you no longer need."
            if name == "stored-bytes"
            else f"You would store more than {limit} documents. Delete batches that you no longer need."
        )
        raise QuotaError(detail, stored=value, allowed=limit, **extra)
    what = f"{value} documents are queued" if name == "queue-depth" else f"Redis uses {value} % of its memory"
    raise UnavailableError(f"{what} and the limit is {limit}; retry in {retry_after} s", **extra)


def _raise_not_added(reply: Sequence[str]) -> None:
    """Raise the error of documents that cannot be added to a batch."""
    if reply[0] == "no-batch":
        raise no_batch()
    if reply[0] == "batch-documents":
        raise ForbiddenError(
            f"The batch has {reply[1]} documents, and a batch may have at most {reply[2]}.",
            limit="max_batch_documents",
            allowed=int(reply[2]),
        )
    if reply[0] == "custom-id":
        raise _wrong("documents.id", f"{reply[1]!r} is the id of another document of the batch")


def no_batch() -> BodyError:
    """Return the error for documents of an unknown batch."""
    return _wrong("options.job_id", "you have no batch with this id")


def _wrong(where: str, detail: str) -> BodyError:
    said = f"{where}: {detail}"
    return BodyError(said, errors=[{"where": where, "detail": detail}])
