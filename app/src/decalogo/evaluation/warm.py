"""Compile the patterns of the rubrics that ship, so that no document has to wait for it.

    python -m decalogo.evaluation.warm [FOLDER]

What is there already is left alone. FOLDER is a cache folder (``evaluation.cache_dir``); without it, the databases go
where the installation keeps them, which the image's build does. A database serves the processor and version it was made
on; elsewhere it is passed over, and each process compiles its own after a few documents.
"""

from __future__ import annotations

import contextlib
import fcntl
import sys
from pathlib import Path

from decalogo.evaluation.matching.databases import SHIPPED
from decalogo.evaluation.matching.scanners import FastScanner
from decalogo.evaluation.rubric import Rubric, load_rubric
from decalogo.evaluation.rubric.load import available_rubrics


def warm(folder: Path, rubric: Rubric) -> None:
    """Leave the databases of the rubric's patterns in ``folder``, unless there or in the installation they are.

    Of processes that start together, as workers do, one compiles and the others wait for it.
    """
    # Without hyperscan (an unusual processor or system) or a folder to write to there is nothing to leave.
    with contextlib.suppress(ImportError, OSError):
        if _missing(folder, rubric):
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / ".lock").open("w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                for ids in _missing(folder, rubric):
                    FastScanner.of(rubric.patterns, folder, ids)


def _missing(folder: Path, rubric: Rubric) -> list[tuple[int, ...]]:
    return [ids for ids in rubric.stages if FastScanner.kept(rubric.patterns, folder, ids) is None]


if __name__ == "__main__":
    for name in available_rubrics():
        warm(Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED, load_rubric(name))
