"""List of a tenant's batches, newest first, with filters and cursor pagination.

A cursor contains time and id of the last batch on the page. Pages therefore stay consistent while batches are added and
deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

import redis

from decalogo.batches.states import Batch, BatchState

_PAGE: Final = 200
_MAX_READ: Final = 2000
Position = tuple[float, str]
CURSOR: Final = r"^[0-9]{1,12}\.[0-9]{6}~batch_[0-9a-z]{26}$"
"""Pattern of a cursor."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Filter of batches; times are Unix seconds, both exclusive; 0 disables."""

    state: BatchState | None = None
    created_after: float = 0.0
    created_before: float = 0.0


class Listing:
    """Lists of batches.

    Args:
        client: connection to the ledger's database that decodes replies.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def page(
        self, tenant: str, wanted: Filter, limit: int, cursor: str | None = None
    ) -> tuple[list[Batch], str | None]:
        """Return at most ``limit`` batches and the cursor of the next page, which is None on the last page.

        One call reads at most 2,000 batches. If few of them match the filter, a page may be short or empty and still
        have a cursor. A cursor must match ``CURSOR``.
        """
        after = _decode(cursor) if cursor else None
        found: list[Batch] = []
        read = 0
        while read < _MAX_READ:
            size = limit - len(found) if wanted.state is None else _PAGE
            rows = self._rows(tenant, wanted, after, size + 1)
            for index, (position, batch) in enumerate(self._batches(rows[:size])):
                after = position
                if batch is not None and wanted.state in (None, batch.state):
                    found.append(batch)
                if len(found) == limit:
                    return found, _encode(position) if index + 1 < len(rows) else None
            if len(rows) <= size:
                return found, None
            read += size
        return found, _encode(after) if after else None

    def _rows(self, tenant: str, wanted: Filter, after: Position | None, count: int) -> list[Position]:
        """Return time and id of up to ``count`` batches, newest first."""
        lowest = f"({wanted.created_after:.6f}" if wanted.created_after else "-inf"
        highest = f"({wanted.created_before:.6f}" if wanted.created_before else "+inf"
        if after is not None and (not wanted.created_before or after[0] < wanted.created_before):
            highest = f"{after[0]:.6f}"
        rows: list[Position] = []
        offset = 0
        while len(rows) < count:
            part = cast(
                "list[tuple[str, float]]",
                self._redis.zrevrangebyscore(
                    f"tenant:{tenant}:batches", highest, lowest, start=offset, num=count, withscores=True
                ),
            )
            # Batches with the same microsecond as the cursor are read again; their ids decide.
            rows += [(score, name) for name, score in part if after is None or (score, name) < after]
            if len(part) < count:
                break
            offset += count
        return rows[:count]

    def _batches(self, rows: list[Position]) -> list[tuple[Position, Batch | None]]:
        with self._redis.pipeline(transaction=False) as pipe:
            for _created, job_id in rows:
                pipe.hgetall(f"batch:{job_id}")
            answers = cast("list[dict[str, str]]", pipe.execute())
        return [
            (position, Batch.from_row(position[1], row) if row else None)
            for position, row in zip(rows, answers, strict=True)
        ]


def _encode(position: Position) -> str:
    return f"{position[0]:.6f}~{position[1]}"


def _decode(cursor: str) -> Position:
    created, _, job_id = cursor.partition("~")
    return float(created), job_id
