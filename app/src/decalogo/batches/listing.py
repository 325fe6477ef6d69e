"""A tenant's batches, newest first, filtered, in pages that stay put while batches come and go.

A cursor names the last batch seen (its time and id), not a number of batches to skip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

import redis

from decalogo.batches.states import Batch, BatchState

_PAGE: Final = 200
_MOST_READ: Final = 2000
Position = tuple[float, str]
CURSOR: Final = r"^[0-9]{1,12}\.[0-9]{6}~batch_[0-9a-z]{26}$"
"""What a cursor looks like."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which batches are wanted; times are Unix seconds, both exclusive, 0 is no bound."""

    state: BatchState | None = None
    created_after: float = 0.0
    created_before: float = 0.0


class Listing:
    """Lists batches.

    Args:
        client: a connection to the ledger's database that decodes answers.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def page(
        self, tenant: str, wanted: Filter, limit: int, cursor: str | None = None
    ) -> tuple[list[Batch], str | None]:
        """Return at most ``limit`` batches and the cursor of the next page, None on the last.

        One call reads at most 2,000 batches: with a filter that few pass, a page may be short or empty and still have a
        cursor. A cursor must look like ``CURSOR``.
        """
        after = _decode(cursor) if cursor else None
        found: list[Batch] = []
        read = 0
        while read < _MOST_READ:
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
            # Those of the cursor's very microsecond are read again: batches of one time are told apart by their id.
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
