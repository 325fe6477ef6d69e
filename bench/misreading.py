"""Show which kinds of misreading are read right.

    PYTHONPATH=app python bench/misreading.py [DIR...]

Each DIR holds cases whose right reading ``app/tests/evaluation/misreading/open_cases.py`` gives by the first word of
the file name; other files are passed over. The inputs that the tests make for each kind are read too. With the ``src``
folder of another version in front of ``PYTHONPATH``, the same inputs are read by that version.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from tests.evaluation.misreading.expected import Expected, mistake
from tests.evaluation.misreading.kinds import CASES, KINDS
from tests.evaluation.misreading.open_cases import OPEN


def right_of(file: Path) -> tuple[str, Expected] | None:
    """Return the kind and the right reading of a case."""
    name = file.stem
    return OPEN.get(name) or OPEN.get(name.partition("-")[0])


def wrong(content: bytes, right: Expected) -> str:
    """Return what is wrong with a reading; an exception is wrong too."""
    try:
        return mistake(content, right)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def main() -> None:
    """Print one row per kind: its cases and own inputs, and how many of each are read right."""
    given: dict[str, list[tuple[str, str]]] = defaultdict(list)
    own: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for file in sorted(file for folder in sys.argv[1:] for file in Path(folder).iterdir()):
        if (found := right_of(file)) is not None:
            given[found[0]].append(
                (file.stem if file.stem in OPEN else file.stem.partition("-")[0], wrong(file.read_bytes(), found[1]))
            )
    for case in CASES:
        own[case.kind].append((case.name, wrong(case.make(), case.right)))
    print("| kind | what | cases | right | own inputs | right |\n|---|---|---|---|---|---|")
    for kind, name in {**KINDS, "control": "close relatives"}.items():
        cells = [kind, name, ", ".join(dict.fromkeys(one for one, _ in given[kind]))]
        for results in (given[kind], own[kind]):
            cells.append(f"{sum(not fault for _, fault in results)} of {len(results)}" if results else "–")
            cells.append(str(len(results)))
        print(f"| {' | '.join([*cells[:4], cells[6], cells[5]])} |")
    for kind, results in [*given.items(), *own.items()]:
        for name, fault in results:
            if fault:
                print(f"{kind} {name}: {fault[:300]}", file=sys.stderr)


if __name__ == "__main__":
    main()
