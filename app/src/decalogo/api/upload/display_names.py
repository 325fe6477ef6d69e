"""Names that strangers give to things, made fit for display; none is ever used as a path."""

from __future__ import annotations

import unicodedata

MAX_NAME = 200

# Controls, format characters (among them the marks that turn the reading direction round), halves of surrogate pairs,
# private use, unassigned, and line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def display_name(raw: str, fallback: str) -> str:
    """Return the last part of ``raw`` without anything that deceives the eye, at most 200 characters.

    Args:
        raw: a file name as sent; may be a whole path in either style.
        fallback: the name when nothing is left of it.
    """
    last = raw.replace("\\", "/").rstrip("/").rpartition("/")[2]
    visible = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", last) if _shown(char))
    name = " ".join(visible.split())
    if not name.strip("."):
        return fallback
    if len(name) > MAX_NAME:
        stem, dot, extension = name.rpartition(".")
        keep = f"…{dot}{extension}" if stem and len(extension) <= 10 else "…"
        name = name[: MAX_NAME - len(keep)] + keep
    return name


def is_plain_id(text: str) -> bool:
    """Tell whether ``text`` can stand as a submitter's own id: 1 to 200 visible characters, no blank at its ends."""
    return 0 < len(text) <= MAX_NAME and text == text.strip() and text.isprintable()


def _shown(char: str) -> bool:
    return char in "\t\n\r" or unicodedata.category(char) not in _HIDDEN
