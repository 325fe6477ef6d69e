"""Lanes by the ledger's names: where a queued document waits (``lane_of`` in ``lua/prelude.lua`` says in which)."""

from __future__ import annotations

from typing import Final

WORK: Final = ("high", "normal", "low", "large", "scans")
"""By rank. Their time limits are the same, so a slot that takes from one can take from another."""

SUSPECT: Final = ("suspect",)
SLOW: Final = ("slow",)

GROUPS: Final = (WORK, SUSPECT, SLOW)
"""A message of any lane starts whichever document of its group has its turn."""

NAMES: Final = (*WORK, *SUSPECT, *SLOW)


def group_of(lane: str) -> tuple[str, ...]:
    """Return the lanes that a message of this lane may take a document from, by rank."""
    return next(group for group in GROUPS if lane in group)
