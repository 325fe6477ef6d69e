"""State the coverage of a result: the pages and points that were evaluated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from decalogo.evaluation.documents.model import Extracted

_UNREAD = {"partial", "pages-too-costly"}
"""Flags of pages that were not read."""


def coverage_of(document: Extracted, points: Iterable[str]) -> dict[str, Any]:
    """Return the member ``coverage`` of a result.

    The time limit ends the reading of a document; the pages read are then evaluated for every applicable point. So
    every point of ``points_judged`` was evaluated on the same pages, ``pages_judged``.

    Args:
        document: the extracted document.
        points: ids of the applicable points.
    """
    partial = [flag for flag in document.flags if flag.code in _UNREAD]
    left = sorted({page for flag in partial for page in flag.pages})
    judged = sorted({page.number for page in document.pages}.difference(left))
    return {
        "complete": not partial,
        "pages_judged": page_runs(judged),
        "pages_left": None if partial and not left else page_runs(left),
        "points_judged": list(points),
    }


def page_runs(pages: Iterable[int]) -> list[list[int]]:
    """Return ascending page numbers as runs of first and last page."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return runs
