"""The learned model of a rubric: whole-number weights, read from a file that ships with the package.

A score is a sum of whole numbers, so the same document gets the same scores on every machine and Python version.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from decalogo.evaluation.learned.content import trained_content
from decalogo.evaluation.learned.features import Extractor
from decalogo.evaluation.learned.weights import Weights
from decalogo.evaluation.learned.words import load_lexicon

if TYPE_CHECKING:
    from decalogo.evaluation.rubric import Rubric

FOLDER = "decalogo.evaluation.models"
SUFFIX = ".npz"


@dataclass(frozen=True, eq=False)
class Model:
    """A model for one rubric.

    Attributes:
        header: what the file says of itself: version, rubric, training, figures, thresholds.
        sha256: of the file's bytes, hexadecimal.
        keys: (question, element) pairs in the order of the elements' outputs.
        points: ids of the points in the order of the points' outputs.
        extractor: extracts the features that the weights belong to.
        elements: weights of "the unit states the element".
        about: weights of "the unit is about the point".
        soft: for each whole score the logarithm of its probability, whole numbers (``SOFT_STEPS`` to one).
    """

    header: dict[str, Any]
    sha256: str
    keys: tuple[tuple[str, str], ...]
    points: tuple[str, ...]
    extractor: Extractor
    elements: Weights
    about: Weights
    soft: Any

    @property
    def version(self) -> str:
        """The model's version."""
        return str(self.header["version"])

    @property
    def figures(self) -> dict[str, Any]:
        """What cross-validation by plan measured: numbers of labels and plans; precision and recall.

        ``precision`` and ``recall`` are lists of estimate, lower and upper limit (95 %), each over 0 to 1.
        """
        return {**self.header["figures"], "plans": len(self.header["plans"])}

    def log_probability(self, scores: Any) -> Any:
        """Return the logarithms of the probabilities of whole scores, as whole numbers."""
        import numpy as np

        middle = len(self.soft) // 2
        return self.soft[np.clip(scores, -middle, middle) + middle]


def model_for(rubric: Rubric) -> Model | None:
    """Return the model that was trained with a rubric's terms, patterns and questions; ``None`` if none ships."""
    return _model_of(rubric.id, trained_content(rubric))


@lru_cache(maxsize=8)
def _model_of(rubric: str, content: str) -> Model | None:
    for file in sorted(resources.files(FOLDER).iterdir(), key=lambda file: file.name):
        if file.name.startswith(f"{rubric}-") and file.name.endswith(SUFFIX):
            model = read_model(file.read_bytes())
            if model.header["rubric"]["content"] == content:
                return model
    return None


def read_model(content: bytes) -> Model:
    """Return a model from the bytes of its file.

    Raises:
        ValueError: the file is no model, or the word lists of its language are not those it was trained with.
    """
    import numpy as np  # evaluations without a model do not need it

    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        parts = {name: arrays[name] for name in arrays.files}
    header = json.loads(parts["header"].tobytes())
    lexicon = load_lexicon(header["language"], header["stemmer"])
    if lexicon is None or lexicon.sha256 != header["lexicon"]:
        raise ValueError(f"the model was trained with other word lists for {header['language']!r}; train it again")
    stems = {stem: number for number, stem in enumerate(parts["stems"].tobytes().decode("ascii").split("\n"), 1)}
    grams, shapes = (
        np.union1d(parts[f"elements_{name}_keys"], parts[f"about_{name}_keys"]) for name in ("gram", "shape")
    )
    keys = grams, shapes
    extractor = Extractor(lexicon, stems, header["sections"], header["point_marks"], header["patterns"], keys)
    return Model(
        header=header,
        sha256=hashlib.sha256(content).hexdigest(),
        keys=tuple((question, element) for question, element in header["keys"]),
        points=tuple(header["points"]),
        extractor=extractor,
        elements=Weights.read(parts, "elements", extractor, keys),
        about=Weights.read(parts, "about", extractor, keys),
        soft=parts["soft"].astype(np.int64),
    )
