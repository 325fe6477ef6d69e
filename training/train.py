#!/usr/bin/env python3
"""Train the learned model of a rubric from the labels in ``training/labels`` and the texts they refer to.

``python training/train.py --corpus DIR`` cross-validates by whole plan, fits on everything and writes the model and
its card. scikit-learn is not needed: the fit is SciPy's L-BFGS. The texts are not part of the repository.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # sums in one order, so that the same labels give the same weights

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from card import elements_table, write_card
from decide import decision, figures
from examples import HERE, Corpus, Example, load_json_lines, plan_of, read_example, read_passages, read_reviews
from export import tables, write
from fit import ElementTargets, fit, fit_elements, predict, topic_targets
from matrix import ELEMENT_SCALES, POINT_SCALES, Columns, columns, matrix, vocabulary
from scipy import sparse

from decalogo.evaluation.learned.content import trained_content
from decalogo.evaluation.learned.features import Extractor
from decalogo.evaluation.learned.pattern_groups import pattern_groups
from decalogo.evaluation.learned.point_marks import MARKS_PER_POINT
from decalogo.evaluation.learned.words import load_lexicon
from decalogo.evaluation.rubric import Rubric, load_rubric
from plans import read_plans

ELEMENT_STRENGTH = 0.15
POINT_STRENGTH = 0.1
LEFT_OUT = ("ipiales", "girardot", "facatativa", "cartago", "uribia")
"""Plans that no training, features or thresholds may use: they are for reading answers by hand."""


class Data:
    """Examples with their features and matrices.

    Args:
        examples: labelled excerpts and windows.
        rubric: the rubric they were labelled for.
    """

    def __init__(self, examples: list[Example], rubric: Rubric) -> None:
        lexicon = load_lexicon(rubric.language.code, rubric.language.stemmer)
        if lexicon is None:
            raise SystemExit(f"there are no word lists for the language {rubric.data.language!r}")
        self.examples = examples
        self.points = [point.id for point in rubric.data.points]
        point_marks = MARKS_PER_POINT * len(self.points)
        sections = [kind.name for kind in rubric.data.sections]
        self.extractor = Extractor(
            lexicon, vocabulary(examples, lexicon), sections, point_marks, list(pattern_groups(rubric))
        )
        features = [self.extractor.extract(one.units, one.section_kinds, one.marks) for one in examples]
        used = [one.used for one in examples]
        for example, made in zip(examples, features, strict=True):
            made.patterns = example.patterns
            example.words = int(made.starts[-1])
            example.keep_used()
        self.known: Columns = columns(features, used, self.extractor, point_marks)
        self.of_example = np.repeat(np.arange(len(examples)), [len(one.units) for one in examples])
        self.elements, self.about = (
            sparse.vstack(
                [matrix(one, own, self.extractor, self.known, scales) for one, own in zip(features, used, strict=True)],
                format="csr",
            )
            for scales in (ELEMENT_SCALES, POINT_SCALES)
        )

    def fit(self, chosen: Sequence[int], keys: Sequence[str]) -> tuple[Any, Any]:
        """Fit both models on some examples; returns the tables of elements and points."""
        examples = [self.examples[number] for number in chosen]
        rows = np.flatnonzero(np.isin(self.of_example, chosen))
        wanted, weights = topic_targets(examples, self.points)
        told = (weights > 0).any(1)
        about = fit(self.about[rows][told], wanted[told], weights[told], POINT_STRENGTH)
        sure = np.where(weights > 0, np.clip(wanted, 0.05, 0.95), predict(self.about[rows], about))
        targets = ElementTargets(examples, keys, self.points)
        return fit_elements(self.elements[rows], targets, sure, ELEMENT_STRENGTH), about


def load_examples(corpus: Path, rubric: Rubric) -> list[Example]:
    """Read all labelled excerpts whose plan may be used."""
    texts = Corpus(corpus)
    labels = {row["id"]: row for row in load_json_lines(HERE / "labels" / "labels.jsonl")}
    entries = json.loads((HERE / "labels" / "excerpts.json").read_text(encoding="utf-8"))
    examples = []
    for entry in entries:
        if plan_of(entry["file"]) in LEFT_OUT:
            continue
        examples.append(read_example(entry, labels.get(entry["id"], {}), texts.text(entry), rubric))
    return examples


def folds(examples: Sequence[Example], count: int, seed: int) -> list[int]:
    """Return the fold of each example; all of a plan are in one."""
    plans = sorted({example.plan for example in examples})
    np.random.RandomState(seed).shuffle(plans)
    number = {plan: at % count for at, plan in enumerate(plans)}
    return [number[example.plan] for example in examples]


def fit_all(data: Data, keys: Sequence[str], of: Sequence[int], jobs: int) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Fit on everything and on everything but each fold, in several processes.

    Returns:
        For each unit the probabilities of elements and points from models that did not see its plan, and the tables of
        the fit on everything.
    """
    stated = np.zeros((len(data.of_example), len(keys)), np.float32)
    about = np.zeros((len(data.of_example), len(data.points)), np.float32)
    held = [None, *sorted(set(of))]
    with ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("fork"), initializer=_share, initargs=(data,)
    ) as pool:
        made = pool.map(_fit_without, held, repeat(keys), repeat(of))
        whole = next(made)
        for fold, (element_table, point_table) in zip(held[1:], made, strict=True):
            rows = np.flatnonzero(np.isin(data.of_example, np.flatnonzero(np.array(of) == fold)))
            stated[rows] = predict(data.elements[rows], element_table)
            about[rows] = predict(data.about[rows], point_table)
    return (stated, about), whole


_shared: list[Data] = []
"""What the processes that fit inherit."""


def _share(data: Data) -> None:
    _shared[:] = [data]


def _fit_without(fold: int | None, keys: Sequence[str], of: Sequence[int]) -> tuple[Any, Any]:
    started = time.monotonic()
    tables_made = _shared[0].fit([number for number, one in enumerate(of) if one != fold], keys)
    print(f"fit without fold {fold}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return tables_made


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--corpus", type=Path, required=True, help="folder with the texts that the labels refer to")
    parser.add_argument("--reviews", type=Path, nargs="*", default=[], help="files of reviews, from GET …/labels")
    parser.add_argument("--rubric", default="decalogo")
    parser.add_argument("--version", default="1.0.0", help="version of the model")
    parser.add_argument("--out", type=Path, default=HERE.parent / "app/src/decalogo/evaluation/models")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="processes that fit; the model is the same with any number")
    asked = parser.parse_args()
    rubric = load_rubric(asked.rubric)
    names = json.loads((HERE / "labels" / "element-map.json").read_text(encoding="utf-8"))
    keys = list(names)
    examples = load_examples(asked.corpus, rubric)
    examples += read_reviews(asked.reviews, Corpus(asked.corpus), names, rubric)
    examples += read_passages(HERE.parent / "bench" / "labelled", names, rubric) if rubric.id == "decalogo" else []
    examples += read_plans(asked.corpus, rubric, LEFT_OUT, keys)
    examples = [example for example in examples if example.plan not in LEFT_OUT]
    for example in examples:
        example.find_by_patterns(rubric, names)
    data = Data(examples, rubric)
    of = folds(data.examples, asked.folds, asked.seed)
    probabilities, (element_table, point_table) = fit_all(data, keys, of, asked.jobs)
    made, report = decision(data, keys, probabilities, of)
    header = {
        "version": asked.version,
        "rubric": {"id": rubric.id, "version": rubric.version, "content": trained_content(rubric)},
        "language": rubric.language.code,
        "stemmer": rubric.language.stemmer,
        "lexicon": data.extractor.lexicon.sha256,
        "keys": [[key.split(".")[0], names[key]] for key in keys],
        "points": data.points,
        "sections": [kind.name for kind in rubric.data.sections],
        "point_marks": data.known.point_marks,
        "patterns": list(data.extractor.patterns),
        "plans": sorted({example.plan for example in data.examples if example.measured}),
        "left_out": list(LEFT_OUT),
        "decision": made,
        "figures": figures(report),
    }
    parts = {
        "stems": np.frombuffer("\n".join(data.extractor.stems).encode("ascii"), np.uint8),
        **tables("elements", element_table, data.known, ELEMENT_SCALES),
        **tables("about", point_table, data.known, POINT_SCALES),
    }
    file = asked.out / f"{rubric.id}-{asked.version}.npz"
    write(file, header, parts)
    command = f"python training/train.py --corpus DIR --version {asked.version}"
    file.with_suffix(".md").write_text(write_card(data, keys, header, report, command), encoding="utf-8")
    print(elements_table(report, keys))


if __name__ == "__main__":
    main()
