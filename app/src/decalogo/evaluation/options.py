"""Options of one evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.documents.parts import Parts


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """How to evaluate one document.

    Attributes:
        not_applicable: ids of points to leave out of the means, each with its reason.
        max_pages: maximum number of pages; a longer document is rejected.
        stop: called between pages. Once it returns true, the pages read so far are evaluated; the result is partial.
        ocr: text recognition of pages without a text layer; default: automatic, in the rubric's language.
        parts: pages that other processes read, and when to ask for more; does not change the result.
    """

    not_applicable: Mapping[str, str] = field(default_factory=dict)
    max_pages: int = 5000
    stop: Callable[[], bool] | None = None
    ocr: OcrOptions | None = None
    parts: Parts = field(default_factory=Parts)


DEFAULT_OPTIONS = EvaluateOptions()
