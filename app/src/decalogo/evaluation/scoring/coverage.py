"""What of a document a result is about: the pages and the points that are in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from decalogo.evaluation.documents.model import Extracted


def coverage_of(document: Extracted, points: Iterable[str]) -> dict[str, Any]:
    """Return the member ``coverage`` of a result.

    The time limit ends the reading; what was read is then judged for every point that applies. So ``points_judged``
    are ``points``, each judged on ``pages_judged``, and never a point on fewer pages than another.

    Args:
        document: as it was extracted.
        points: ids of the points that were judged.
    """
    partial = [flag for flag in document.flags if flag.code == "partial"]
    left = sorted({page for flag in partial for page in flag.pages})
    judged = sorted({page.number for page in document.pages}.difference(left))
    return {
        "complete": not partial,
        "pages_judged": page_runs(judged),
        "pages_left": None if partial and not left else page_runs(left),
        "points_judged": list(points),
    }


def page_runs(pages: Iterable[int]) -> list[list[int]]:
    """Return rising page numbers as runs: first and last page of each."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return runs
