"""Compare the documents of a batch: ranking, distribution per point, matrix of documents and points.

Results are processed one by one. About 2 KB per result stay in memory, so all plans of a country fit.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from decalogo.errors import RequestError
from decalogo.evaluation.guards.sketch import find_copies
from decalogo.evaluation.rubric import Rubric
from decalogo.reports.labels import Labels, labels_for
from decalogo.reports.reviewed import Reviewed
from decalogo.reports.words import DEFAULT

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Evaluated:
    """A document with its result.

    Attributes:
        link: URL of its own report, or empty.
        reviewed: what people say of the result, as :func:`decalogo.reviews.scores.standing` returns it.
    """

    name: str
    result: dict[str, Any]
    link: str = ""
    reviewed: dict[str, Any] | None = None


@dataclass(frozen=True)
class NotEvaluated:
    """A document without a result: its state and the reason."""

    name: str
    state: str
    detail: str = ""


@dataclass(slots=True)
class _Sum:
    """The sum of the scores of one question. It is exact, so it does not depend on the order of the documents."""

    total: Fraction = Fraction(0)
    count: int = 0

    def percent(self, max_score: float) -> float:
        """Return the mean score in percent of ``max_score``, rounded once to two decimals."""
        return float(round(100 * self.total / (self.count * Fraction(max_score)), 2))


class RollUp:
    """Collects results one by one; ``as_dict`` returns their comparison.

    Args:
        rubric: rubric of the results; default: the shipped one.
    """

    def __init__(self, rubric: Rubric | None = None) -> None:
        self._rubric = rubric
        self._first: dict[str, Any] | None = None
        self._labels: Labels | None = None
        self._documents: list[dict[str, Any]] = []
        self._without: list[dict[str, str]] = []
        self._made_with: set[tuple[str, ...]] = set()
        self._questions: dict[tuple[str, str], _Sum] = {}

    def add(self, document: Evaluated | NotEvaluated) -> None:
        """Add one document.

        Raises:
            RequestError: its result has another rubric than the first one.
        """
        if isinstance(document, NotEvaluated):
            self._without.append({"name": document.name, "state": document.state, "detail": document.detail})
            return
        result = document.result
        if self._first is None:
            self._labels = labels_for(result, self._rubric)
            self._first = {key: result[key] for key in ("rubric", "points", "dimensions")}
        elif result["rubric"]["id"] != self._first["rubric"]["id"]:
            first, other = self._first["rubric"]["id"], result["rubric"]["id"]
            raise RequestError(
                f"results of different rubrics cannot be compared: {first} and {other} ({document.name})"
            )
        self._made_with.add((*map(str, result["rubric"].values()), *map(str, result["evaluator"].values())))
        self._note_questions(result)
        self._documents.append(
            {
                "name": document.name,
                "link": document.link,
                "percent": result["global"]["percent"],
                "rating": result["global"]["rating"],
                "points": {point["id"]: point["percent"] for point in result["points"]},
                "dimensions": {dimension["id"]: dimension["percent"] for dimension in result["dimensions"]},
                "reviewed": Reviewed(document.reviewed, self._labels or labels_for(result)).brief()
                if document.reviewed
                else None,
                "pages": result["document"]["pages"],
                "flags": [flag["code"] for flag in result["flags"]],
                "percentile": result["global"].get("percentile"),
                "quartile": result["global"].get("quartile"),
                "sketch": result["document"].get("sketch", ""),
                "sha256": result["document"]["sha256"],
                "result_sha256": result["sha256"],
            }
        )

    def _note_questions(self, result: dict[str, Any]) -> None:
        for answer in result["answers"]:
            found = self._questions.setdefault((answer["dimension"], answer["question"]), _Sum())
            if answer["score"] is not None:
                found.total += Fraction(answer["score"])
                found.count += 1

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON types; documents are sorted by rank, and equal percentages share a rank."""
        labels, first = self._labels, self._first or {"rubric": None, "points": [], "dimensions": []}
        documents = sorted(self._documents, key=_by_rank)
        copies = find_copies([(document["sha256"], document["sketch"]) for document in documents])
        documents = [{name: value for name, value in d.items() if name != "sketch"} for d in documents]
        for place, (other, share) in copies.items():
            documents[place]["copy_of"] = {"name": documents[other]["name"], "similarity": share}
        _rank(documents)
        _rank(sorted((d["reviewed"] for d in documents if d["reviewed"]), key=lambda said: -(said["percent"] or 0.0)))
        return {
            "schema_version": SCHEMA_VERSION,
            "rubric": first["rubric"],
            "title": labels.title if labels else "",
            "language": labels.words.language if labels else DEFAULT,
            "mixed": len(self._made_with) > 1,
            "ratings": [{"name": name, "at_least": least} for least, name in labels.ratings] if labels else [],
            "documents": documents,
            "without_result": sorted(self._without, key=lambda item: item["name"]),
            "global": _distribution([d["percent"] for d in documents], labels),
            "points": [
                {
                    "id": p["id"],
                    "title": p["title"],
                    **_distribution([d["points"].get(p["id"]) for d in documents], labels),
                }
                for p in first["points"]
            ],
            "dimensions": [
                {"id": d["id"], "title": d["title"]}
                | _distribution([document["dimensions"].get(d["id"]) for document in documents], labels)
                for d in first["dimensions"]
            ],
            "questions": [
                {
                    "dimension": dimension,
                    "id": question,
                    "title": labels.question(question) if labels else "",
                    "mean": found.percent(labels.max_score if labels else 1.0),
                    "answers": found.count,
                }
                for (dimension, question), found in self._questions.items()
                if found.count
            ],
        }


def roll_up(documents: Iterable[Evaluated | NotEvaluated], rubric: Rubric | None = None) -> dict[str, Any]:
    """Return the comparison of documents, as ``RollUp.as_dict`` does."""
    rollup = RollUp(rubric)
    for document in documents:
        rollup.add(document)
    return rollup.as_dict()


def _by_rank(document: dict[str, Any]) -> tuple[bool, float, str, str]:
    percent = document["percent"]
    return percent is None, -(percent or 0.0), document["name"], document["sha256"]


def _rank(entries: Sequence[dict[str, Any]]) -> None:
    """Set ``rank`` of sorted entries; equal percentages share a rank, and entries without one have none."""
    rank = 0
    for place, entry in enumerate(entries, 1):
        if place == 1 or entry["percent"] != entries[place - 2]["percent"]:
            rank = place
        entry["rank"] = None if entry["percent"] is None else rank


def _distribution(percents: Sequence[float | None], labels: Labels | None) -> dict[str, Any]:
    """Return count, mean, the five numbers of a box plot, and the number of documents per rating."""
    values = sorted(value for value in percents if value is not None)
    if not values:
        return {
            "count": 0,
            "mean": None,
            "min": None,
            "q1": None,
            "median": None,
            "q3": None,
            "max": None,
            "ratings": {},
        }
    cuts = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
    q1, median, q3 = (round(cut, 2) for cut in cuts)
    ratings = dict.fromkeys((name for _, name in labels.ratings), 0) if labels else {}
    for value in values:
        if labels and labels.ratings:
            ratings[next(name for least, name in labels.ratings if value >= least)] += 1
    return {
        "count": len(values),
        "mean": round(statistics.fmean(values), 2),
        "min": values[0],
        "q1": q1,
        "median": median,
        "q3": q3,
        "max": values[-1],
        "ratings": ratings,
    }
