"""A stratified random sample of a batch's answers, to measure in one sitting how good the machine is on it.

Half of the sample are answers with a score, half are answers without, because both kinds of error matter. Within each
half the points and dimensions take turns, so that none is left out. The seed is the batch's id: everybody who asks for
a sample of the same size gets the same one.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Place = tuple[str, str]
"""Document id and answer id."""


def draw(results: Iterable[tuple[str, Mapping[str, Any]]], size: int, seed: str) -> list[Place]:
    """Return a sample.

    Args:
        results: document ids with their results.
        size: answers wanted; fewer where there are not so many.
        seed: makes the sample reproducible.
    """
    strata: dict[tuple[bool, str, str], list[Place]] = defaultdict(list)
    for document_id, result in results:
        for answer in result["answers"]:
            if answer["applicable"]:
                strata[bool(answer["score"]), answer["point"], answer["dimension"]].append((document_id, answer["id"]))
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    sides: dict[bool, list[list[Place]]] = {True: [], False: []}
    for key in sorted(strata):
        chance.shuffle(strata[key])
        sides[key[0]].append(strata[key])
    for groups in sides.values():
        chance.shuffle(groups)
    drawn: list[Place] = []
    wanted = {True: (size + 1) // 2, False: size // 2}
    for scored in (True, False):
        drawn += _in_turn(sides[scored], wanted[scored])
    if len(drawn) < size:
        taken = set(drawn)
        rest = [place for groups in sides.values() for group in groups for place in group if place not in taken]
        drawn += rest[: size - len(drawn)]
    return drawn


def _in_turn(groups: list[list[Place]], count: int) -> list[Place]:
    """Take one place from each group after the other until there are enough."""
    found: list[Place] = []
    depth = 0
    while len(found) < count and any(depth < len(group) for group in groups):
        found += [group[depth] for group in groups if depth < len(group)][: count - len(found)]
        depth += 1
    return found
