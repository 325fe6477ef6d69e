"""The words of a language that layout analysis looks for, as compiled patterns."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from decalogo.evaluation.fold import fold
from decalogo.evaluation.languages import Language, heading_styles
from decalogo.evaluation.re2_search import Searcher, searcher

_YEARS = range(2020, 2031)


@dataclass(frozen=True, slots=True)
class Words:
    """Patterns for the lines of one language.

    Attributes:
        keyword: first word of a heading ("Capítulo"); the name of the matching group holds the rank.
        ordinal: the number after such a word ("segundo", "IV", "2").
        hanging: end of a line whose sentence continues.
        caption: beginning of a caption.
        columns: common titles of table columns.
        column_title: finds ``columns`` in folded text.
        page_number: page number alone on a line, in the groups ``word``, ``number`` and ``roman``.
        contents: title of a table of contents, for folded text.
        contents_words: words of which every such title contains one.
    """

    keyword: re.Pattern[str]
    ordinal: re.Pattern[str]
    hanging: re.Pattern[str]
    caption: re.Pattern[str]
    columns: frozenset[str]
    column_title: Searcher
    page_number: re.Pattern[str]
    contents: re.Pattern[bytes]
    contents_words: tuple[bytes, ...]

    def heading_keyword(self, text: str, start: int = 0) -> int | None:
        """Return the rank of the heading keyword at ``start``; ``None`` if there is none."""
        found = self.keyword.match(text, start)
        return int(found.lastgroup[4:]) if found and found.lastgroup else None


@lru_cache(maxsize=8)
def words_of(language: Language) -> Words:
    """Return the patterns of a language."""
    layout = language.layout
    keywords = "|".join(
        rf"(?P<rank{rank}>(?:{words}){layout['plural']}\b)" for rank, words in enumerate(layout["headings"], 1)
    )
    ignoring_case: Callable[[str], re.Pattern[str]] = lambda pattern: re.compile(pattern, re.IGNORECASE)  # noqa: E731
    columns = frozenset([*layout["column_titles"].split(), *map(str, _YEARS)])
    folded = b"|".join(sorted({fold(title) for title in columns}))
    return Words(
        keyword=ignoring_case(keywords),
        ordinal=ignoring_case(rf"^\W*(?:\w+\s+){{1,2}}?(?:\d+|[IVXLC]+|{layout['ordinals']})\b"),
        hanging=ignoring_case(rf"(?:,|\b(?:{'|'.join(layout['hanging'].split())}))$"),
        caption=ignoring_case(rf"(?:{layout['captions']})\b"),
        columns=columns,
        column_title=searcher(rb"\b(?:" + folded + rb")\b"),
        page_number=ignoring_case(
            rf"[-–—|\[(•\s]*(?P<word>{layout['page']}\s*)?(?:(?P<number>\d{{1,4}})|(?P<roman>[ivxlc]{{1,7}}))[-–—|\])•\s]*"
            rf"(?:(?:{layout['page_of']}|/)\s*\d{{1,4}})?"
        ),
        contents=re.compile(rf"^\W*(?:{layout['contents']})\W*$".encode()),
        contents_words=tuple(word.encode() for word in layout["contents_words"].split()),
    )


@lru_cache(maxsize=1)
def heading_style() -> re.Pattern[str]:
    """Return the pattern of the names of heading styles in office files, in all languages; its group is the rank."""
    return re.compile(rf"(?:{'|'.join(heading_styles())})\s*(\d)$", re.IGNORECASE)
