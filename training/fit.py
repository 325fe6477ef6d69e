"""Fitting: logistic regressions for many outputs together, with units chosen from excerpts that state an element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from examples import Example
from scipy.optimize import minimize

BACKGROUND = 0.3
"""Weight of a unit that is taken for no point because nothing near names it."""


def sigmoid(values: Any) -> Any:
    """Return the logistic function."""
    return 1 / (1 + np.exp(-np.clip(values, -40, 40)))


def fit(rows: Any, wanted: Any, weights: Any, strength: float, steps: int = 60, start: Any = None) -> Any:
    """Fit one L2 logistic regression per column of ``wanted``; rows of weight 0 do not count.

    Returns the weights with the constants in the last row.
    """
    count, width = rows.shape[1], wanted.shape[1]
    turned = rows.T.tocsr()
    sign = (wanted * 2 - 1).astype(np.float32)
    weights = weights.astype(np.float32)

    def loss(flat: Any) -> tuple[float, Any]:
        table = flat.reshape(count + 1, width).astype(np.float32)
        margin = (rows @ table[:-1] + table[-1]) * sign
        value = strength * (weights * np.logaddexp(0, -margin)).sum() + 0.5 * (table[:-1] ** 2).sum()
        slope = -strength * weights * sign * sigmoid(-margin).astype(np.float32)
        gradient = np.vstack([turned @ slope + table[:-1], slope.sum(0, keepdims=True)])
        return float(value), gradient.ravel().astype(np.float64)

    if start is None:
        start = np.zeros((count + 1, width))
        start[-1] = -3
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": steps, "maxcor": 6})
    return found.x.reshape(count + 1, width)


def predict(rows: Any, table: Any) -> Any:
    """Return the probabilities."""
    return sigmoid(rows @ table[:-1].astype(np.float32) + table[-1])


def topic_targets(examples: Sequence[Example], points: Sequence[str]) -> tuple[Any, Any]:
    """Return for each unit and point whether it is about it, and with what weight.

    Units of a plan that nobody labelled are not about a point that nothing near them names.
    """
    wanted, weights = [], []
    for example in examples:
        proofs = {index for units in example.proofs.values() for index in units}
        named = example.named_near
        for index, topics in enumerate(example.topics):
            if topics is not None:
                unsure = example.open_topics[index] - topics
                wanted.append([point in topics for point in points])
                weights.append([float(point not in unsure) for point in points])
            elif named is not None:
                wanted.append([False] * len(points))
                weights.append(np.where(named[index], 0.0, BACKGROUND).tolist())
            else:
                proved = index in proofs
                wanted.append([proved and point == example.point for point in points])
                weights.append([float(proved and point == example.point) for point in points])
    return np.array(wanted, np.float32), np.array(weights, np.float32)


class ElementTargets:
    """What is known of each unit and element, and which units of an excerpt may be the ones that state it."""

    def __init__(self, examples: Sequence[Example], keys: Sequence[str], points: Sequence[str]) -> None:
        total = sum(len(example.units) for example in examples)
        self.wanted = np.zeros((total, len(keys)), np.float32)
        self.weights = np.zeros((total, len(keys)), np.float32)
        self.bags: list[tuple[int, Any, set[int], int]] = []  # element, units, proofs, point (-1: any)
        first = 0
        for example in examples:
            if example.point:
                self._excerpt(example, first, keys, points)
            for units, stated, unsure in example.known:
                self._units(first, units, stated, unsure, keys)
            first += len(example.units)

    def _excerpt(self, example: Example, first: int, keys: Sequence[str], points: Sequence[str]) -> None:
        rows = np.arange(first, first + len(example.units))
        off = np.array([topics is not None and example.point not in topics for topics in example.topics])
        for number, key in enumerate(keys):
            label = example.labels.get(key, "?")
            if label == 0:
                self.weights[rows, number] = np.where(off, 0.15, 1.0)
            elif label == 1:
                proofs = {first + index for index in example.proofs.get(key, ())}
                for row in proofs:
                    self.wanted[row, number] = self.weights[row, number] = 1
                self.bags.append((number, rows[~off], proofs, points.index(example.point)))

    def _units(self, first: int, units: list[int], stated: set[str], unsure: set[str], keys: Sequence[str]) -> None:
        rows = np.array([first + index for index in units], np.int64)
        if not len(rows):
            return
        for number, key in enumerate(keys):
            if key in unsure:
                continue
            if key in stated:
                self.wanted[rows, number] = 1
                self.weights[rows, number] = np.maximum(self.weights[rows, number], 0.5 / len(rows))
                self.bags.append((number, rows, set(), -1))
            else:
                silent = rows[self.wanted[rows, number] == 0]
                self.weights[silent, number] = 1

    def chosen(self, stated: Any, about: Any) -> tuple[Any, Any]:
        """Return targets and weights after a first model: the best unit of each bag counts, clear others too."""
        wanted, weights = self.wanted.copy(), self.weights.copy()
        for number, rows, proofs, point in self.bags:
            if not len(rows):
                continue
            score = stated[rows, number] * (about[rows, point] if point >= 0 else 1)
            best = int(np.argmax(score))
            for at, row in enumerate(rows.tolist()):
                if row in proofs:
                    continue
                if at == best:
                    wanted[row, number], weights[row, number] = 1, 1 if point < 0 else 0.7
                elif score[at] > 0.5:
                    wanted[row, number], weights[row, number] = 1, 0.3
                elif stated[row, number] < 0.15:
                    wanted[row, number], weights[row, number] = 0, 0.3 if point < 0 else 0.1
        return wanted, weights


def balanced(wanted: Any, weights: Any, share: float = 0.02, most: float = 4) -> Any:
    """Raise the weights of rare positives."""
    positive, total = (wanted * (weights > 0)).sum(0), (weights > 0).sum(0)
    factor = np.clip(share * total / np.maximum(positive, 1), 1, most)
    return np.where(wanted == 1, weights * factor, weights)


def fit_elements(rows: Any, targets: ElementTargets, about: Any, strength: float, rounds: int = 2) -> Any:
    """Fit the elements: first on the labelled quotes, then on the units that the first model chooses as well."""
    used = (targets.weights > 0).any(1)
    for _, among, _, _ in targets.bags:
        used[among] = True
    rows_used = rows[used]
    wanted, weights = targets.wanted, targets.weights
    table = None
    for number in range(rounds):
        if number:
            stated = np.zeros(wanted.shape, np.float32)
            stated[used] = predict(rows_used, table)
            wanted, weights = targets.chosen(stated, about)
        table = fit(rows_used, wanted[used], balanced(wanted, weights)[used], strength, 45 if not number else 25, table)
    return table
