"""What a submitter is told when the ledger takes no more."""

from __future__ import annotations

from collections.abc import Sequence

from decalogo.errors import KeyUsedError, QuotaError, UnavailableError


def refuse(answer: Sequence[str]) -> None:
    """Raise what ``admission.lua`` or ``admit.lua`` answered; an empty answer means that there is room."""
    if not answer:
        return
    if answer[0] == "idempotency-key":
        raise KeyUsedError("Another upload with this Idempotency-Key was accepted a moment ago.", retry_after=1)
    name, value, limit, retry_after = answer[0], int(answer[1]), int(answer[2]), int(answer[3])
    extra = {"limit": name, "retry_after": retry_after}
    if name == "tenant-documents":
        raise QuotaError(f"{value} of your documents are unfinished and your limit is {limit}; retry later", **extra)
    what = f"{value} documents are queued" if name == "queue-depth" else f"Redis uses {value} % of its memory"
    raise UnavailableError(f"{what} and the limit is {limit}; retry in {retry_after} s", **extra)
