"""One scan for all patterns: hyperscan tells which patterns a text holds, RE2 tells exactly where.

Native libraries are loaded on first use, after a worker has forked. What is compiled is kept per process and, if a
folder is given, on disk.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from pathlib import Path

from decalogo.evaluation.matching.patterns import Patterns
from decalogo.evaluation.matching.scanners import FastScanner, GatedScanner, Scanner

DOCUMENTS_BEFORE_COMPILING = 5
"""Documents a process judges before it compiles a database of its own."""


class Engine:
    """The patterns of one rubric in one process, with the scanners that are cheapest for what it has to do.

    Compiling hyperscan's databases takes seconds: it pays for a worker, not for one document. So the first documents of
    a process are read by gated scanners, unless a folder keeps databases (``warm`` puts them there).
    All scanners give the same.

    Args:
        patterns: all of them.
        stages: ids of those that are looked for together; one scanner each.
    """

    def __init__(self, patterns: tuple[str, ...], stages: Sequence[Collection[int]]) -> None:
        self.patterns = Patterns(patterns)
        self._stages = stages
        self._gated: tuple[Scanner, ...] = ()
        self._fast: tuple[Scanner, ...] = ()
        self._documents = 0

    def scanners(self, cache_dir: Path | None = None) -> tuple[Scanner, ...]:
        """Return the scanner of each stage for one more document."""
        self._documents += 1
        if not self._fast:
            with contextlib.suppress(ImportError):  # an unusual processor or system
                self._fast = self._fastest(cache_dir)
        if not self._fast and not self._gated:
            self._gated = tuple(GatedScanner(self.patterns, ids) for ids in self._stages)
        return self._fast or self._gated

    def _fastest(self, cache_dir: Path | None) -> tuple[FastScanner, ...]:
        find = FastScanner.of if self._documents > DOCUMENTS_BEFORE_COMPILING else FastScanner.kept
        found: list[FastScanner] = []
        for ids in self._stages:
            scanner = find(self.patterns.patterns, cache_dir, ids)
            if scanner is None:
                return ()
            found.append(scanner)
        return tuple(found)
