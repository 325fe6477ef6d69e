"""What each column of a table is for, told by its title."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.rubric.model import Column
from decalogo.evaluation.rubric.patterns import expand, prepare

_MOST_TITLES = 20_000


class ColumnRoles:
    """Names the columns of tables by the rubric's ``columns``."""

    def __init__(self, rubric: Rubric, fold: Callable[[str], bytes]) -> None:
        self._fold = fold
        self._columns, self._known = _columns(rubric)

    def __call__(self, header: tuple[str, ...]) -> tuple[str, ...]:
        """Return the role of each column, "" where it has none.

        A column such as "Meta" takes its meaning from the nearest column to its left that ``after`` names: a target
        after a result indicator is another thing than a target after a product.
        """
        plain = [self._plain(title) for title in header]
        roles: list[str] = []
        for column in plain:
            role = column.role if column else ""
            if column and column.after:
                for left in reversed(roles):
                    if left in column.after:
                        role = column.after[left]
                        break
            roles.append(role)
        return tuple(roles)

    def _plain(self, title: str) -> Column | None:
        text = b" ".join(self._fold(title).split())
        if not text:
            return None
        if text not in self._known:
            if len(self._known) >= _MOST_TITLES:
                self._known.clear()
            self._known[text] = self._column(text)
        return self._known[text]

    def _column(self, text: bytes) -> Column | None:
        for column, wanted, refused in self._columns:
            if any(p.search(text) for p in wanted) and not any(p.search(text) for p in refused):
                return column
        return None


@lru_cache(maxsize=8)
def _columns(rubric: Rubric) -> tuple[list[tuple[Column, list[Any], list[Any]]], dict[bytes, Column | None]]:
    """Return the columns with their patterns for wanted and refused titles, and what is known of titles so far."""
    import re2  # loaded on first use, after fork

    def compiled(written: tuple[str, ...]) -> list[Any]:
        return [re2.compile(prepare(p).encode()) for p in expand(written, rubric.data.lexicon)]

    return [(column, compiled(column.header), compiled(column.none)) for column in rubric.data.columns], {}
