"""What each column of a table is for, told by its title."""

from __future__ import annotations

from collections.abc import Callable

from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.rubric.model import Column
from decalogo.evaluation.rubric.patterns import expand, prepare


class ColumnRoles:
    """Names the columns of tables by the rubric's ``columns``."""

    def __init__(self, rubric: Rubric, fold: Callable[[str], bytes]) -> None:
        import re2  # loaded on first use, after fork

        lexicon = rubric.data.lexicon
        self._fold = fold
        self._columns = [
            (
                column,
                [re2.compile(prepare(p).encode()) for p in expand(column.header, lexicon)],
                [re2.compile(prepare(p).encode()) for p in expand(column.none, lexicon)],
            )
            for column in rubric.data.columns
        ]

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
        for column, wanted, refused in self._columns:
            if any(p.search(text) for p in wanted) and not any(p.search(text) for p in refused):
                return column
        return None
