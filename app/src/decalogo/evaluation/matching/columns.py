"""Recognise the role of table columns by their titles."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.rubric.model import Column
from decalogo.evaluation.rubric.patterns import expand, prepare

_MOST_TITLES = 20_000


class ColumnRoles:
    """Assigns roles to table columns by the rubric's ``columns``."""

    def __init__(self, rubric: Rubric, fold: Callable[[str], bytes]) -> None:
        self._fold = fold
        self._columns, self._known = _columns(rubric)

    def __call__(self, header: tuple[str, ...], section: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the role of each column; an empty string for a column without a role.

        The nearest column to the left that ``after`` names can change a role: "Meta" after a result indicator is a
        target of the result, "Meta" after a product is a target of the product.
        """
        titles = [b" ".join(self._fold(title).split()) for title in header]
        around = (*titles, *(self._fold(heading) for heading in section[-1:]))
        columns = [self._meaning(title, around) for title in titles]
        roles: list[str] = []
        for column in columns:
            role = column.role if column else ""
            if column and column.after:
                for left in reversed(roles):
                    if left in column.after:
                        role = column.after[left]
                        break
            roles.append(role)
        last = {role: index for index, role in enumerate(roles)}
        return tuple(
            column.several if column and column.several and index < last[role] else role
            for index, (role, column) in enumerate(zip(roles, columns, strict=True))
        )

    def _meaning(self, title: bytes, around: tuple[bytes, ...]) -> Column | None:
        """Return the first column definition that fits a title and the titles around it."""
        if not title:
            return None
        if title not in self._known:
            if len(self._known) >= _MOST_TITLES:
                self._known.clear()
            self._known[title] = self._fitting(title)
        for column, within in self._known[title]:
            if not within or any(p.search(text) for p in within for text in around):
                return column
        return None

    def _fitting(self, title: bytes) -> list[tuple[Column, list[Any]]]:
        return [
            (column, within)
            for column, wanted, refused, within in self._columns
            if any(p.search(title) for p in wanted) and not any(p.search(title) for p in refused)
        ]


_Compiled = tuple[Column, list[Any], list[Any], list[Any]]


@lru_cache(maxsize=8)
def _columns(rubric: Rubric) -> tuple[list[_Compiled], dict[bytes, list[tuple[Column, list[Any]]]]]:
    """Return the column definitions with compiled patterns (header, none, within), and a cache by title."""
    import re2  # a native library: imported on first use

    def compiled(written: tuple[str, ...]) -> list[Any]:
        return [re2.compile(prepare(p).encode()) for p in expand(written, rubric.data.lexicon)]

    columns = [(c, compiled(c.header), compiled(c.none), compiled(c.within)) for c in rubric.data.columns]
    return columns, {}
