"""HTML: paragraphs, headings, lists and tables, by libxml2's parser, which needs one pass and keeps no tree."""

from __future__ import annotations

import re
from pathlib import Path

from decalogo.errors import DocumentTooLargeError
from decalogo.evaluation.documents.detect import HTML
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.formats.blocks import Block
from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.charsets import declared_in_html, decode
from decalogo.evaluation.formats.html_blocks import NOT_SHOWN, HtmlTarget
from decalogo.evaluation.formats.pages import make_sheets

MOST_BYTES = 40 << 20
_PIECE = 1 << 20
# In XHTML an element may close itself; taken for HTML, it would contain all that follows.
_XHTML = re.compile(r"\s{0,99}(?:\ufeff)?<\?xml|<html[^>]{0,500}xmlns\s*=", re.IGNORECASE)
_SELF_CLOSED = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b)([a-z][\w:-]{0,60})([^<>]*)/>",
    re.IGNORECASE,
)


def read_html(content: bytes | Path, limits: Limits) -> Reading:
    """Read a page of HTML.

    Raises:
        DocumentTooLargeError: over 40 MB, or more than ``limits.max_pages`` pages.
    """
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size > MOST_BYTES:
        raise DocumentTooLargeError(
            f"The HTML has {size:,} bytes; the limit is {MOST_BYTES:,}. Upload the plan as PDF."
        )
    data = content.read_bytes() if isinstance(content, Path) else content
    return make_sheets(HTML, html_blocks(data, Budget()), limits)


def html_blocks(data: bytes, budget: Budget) -> list[Block]:
    """Return the content of a page of HTML, whose charset is the one that it shows or declares."""
    return html_text_blocks(decode(data, declared_in_html(data)), budget)


def html_text_blocks(text: str, budget: Budget) -> list[Block]:
    """Return the content of a page of HTML."""
    from lxml import etree  # a native library: loaded when the first page of HTML comes, after a worker has forked

    if _XHTML.match(text) or _XHTML.search(text[:2000]):
        text = _SELF_CLOSED.sub(r"<\1\2></\1>", text)
    text = _without_open_ends(text)
    target = HtmlTarget(budget, unclosed=_unclosed(text))
    parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True)
    data = text.encode("utf-8", errors="replace")
    try:
        for start in range(0, len(data), _PIECE):
            parser.feed(data[start : start + _PIECE])
        parser.close()
    except etree.LxmlError:
        pass  # nothing is left to parse
    return target.finish()


def _without_open_ends(text: str) -> str:
    """Take away the beginning of a comment or title that never ends: all that follows would be part of it."""
    for begin, end in (("<!--", "-->"), ("<title", "</title"), ("<TITLE", "</TITLE")):
        at = text.rfind(begin)
        if at >= 0 and text.find(end, at) < 0:
            text = text[:at] + text[at + len(begin) :].removeprefix(">")
    return text


def _unclosed(text: str) -> frozenset[str]:
    """Return which elements that are not read are opened more often than closed: what follows them is content."""
    lower = text.lower()
    return frozenset(tag for tag in NOT_SHOWN if len(re.findall(rf"<{tag}[\s>]", lower)) > lower.count(f"</{tag}"))
