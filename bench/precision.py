"""Count precision and recall of the evaluator on the labelled passages.

    python bench/precision.py [--errors]

Each passage is evaluated as a document of its own. A decision is one element of one pair of question and passage.
Figures are printed overall and by part, source, point, kind of rule and question. `--errors` lists wrong and missed
elements of the tuning part; the held-out part is only counted. The exit code is 1 if precision is below 0.90 or recall
below 0.80, for the whole set or for the held-out part.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict

from labels import Count, Decision, decide, load_labelled

LEAST_PRECISION, LEAST_RECALL = 0.90, 0.80


def main() -> int:
    """Print the tables; return the exit code."""
    options = argparse.ArgumentParser(description="Precision and recall on the labelled set.")
    options.add_argument("--errors", action="store_true", help="list the errors of the tuning part")
    errors = options.parse_args().errors
    items = load_labelled()
    decisions = list(decide(items))
    pairs = [bool([n for n in e if not n.endswith("~")]) for i in items for q in i.expect.values() for e in q.values()]
    print(f"{len(items)} passages, {len(pairs)} pairs ({sum(pairs)} present, {len(pairs) - sum(pairs)} absent)\n")
    counts: dict[tuple[str, str], Count] = defaultdict(Count)
    for decision in decisions:
        for group in _groups(decision):
            counts[group].add(decision)
    print(f"{'':10} {'':22} precision  recall  right  wrong  missed")
    for (group, name), count in sorted(counts.items(), key=lambda item: (item[0][0], _natural(item[0][1]))):
        print(
            f"{group:10} {name:22} {count.precision:9.3f} {count.recall:7.3f} {count.right:6} {count.wrong:6} "
            f"{count.missed:7}"
        )
    if errors:
        _print_errors(decisions)
    guarded = [counts["all", "all"], counts["part", "held-out"]]
    return int(any(c.precision < LEAST_PRECISION or c.recall < LEAST_RECALL for c in guarded))


def _groups(decision: Decision) -> list[tuple[str, str]]:
    return [
        ("all", "all"),
        ("part", decision.part),
        ("source", "real" if decision.real else "written"),
        ("kind", decision.kind),
        ("point", decision.point),
        ("question", decision.question),
    ]


def _natural(name: str) -> tuple[str, int]:
    return (name[0], int(name[1:])) if name[1:].isdigit() else (name, 0)


def _print_errors(decisions: list[Decision]) -> None:
    for decision in decisions:
        if decision.part == "tuning" and decision.expected != decision.found:
            what = "missed" if decision.expected else "wrong "
            print(
                f"{what} {decision.passage} {decision.point}-{decision.question} {decision.element} {decision.quotes}"
            )


if __name__ == "__main__":
    sys.exit(main())
