"""What of a rubric a model depends on: a model is used only for the content that it was trained with."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from decalogo.evaluation.rubric import Rubric

_TRAINED: Final = ("language", "relevance", "lexicon", "sections", "columns", "cues", "finders", "points", "dimensions")
_UNTRAINED: Final = frozenset(("title", "short", "label", "advice", "advice_all", "like"))
"""Members that only people read, and those that say what else a finding counts for."""


@lru_cache(maxsize=16)
def trained_content(rubric: Rubric) -> str:
    """Return the SHA-256 of a rubric's terms, patterns, columns and rules; titles and advice may change freely."""
    told = _without_wording(rubric.data.model_dump(mode="json", include=set(_TRAINED)))
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _without_wording(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_wording(part) for name, part in value.items() if name not in _UNTRAINED}
    return [_without_wording(part) for part in value] if isinstance(value, list) else value
