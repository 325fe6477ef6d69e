"""Sanitize untrusted names for display; none is ever used as a path."""

from __future__ import annotations

import unicodedata

MAX_NAME = 200

# Unicode categories: controls, format characters (such as marks that reverse the reading direction), surrogates,
# private use, unassigned, line separators and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def display_name(raw: str, fallback: str) -> str:
    """Return the last path component of ``raw`` without invisible and misleading characters, at most 200 characters.

    Args:
        raw: file name as sent; may be a path with slashes or backslashes.
        fallback: the name if nothing is left of ``raw``.
    """
    name = display_text(raw.replace("\\", "/").rstrip("/").rpartition("/")[2])
    if not name.strip("."):
        return fallback
    if len(name) > MAX_NAME:
        stem, dot, extension = name.rpartition(".")
        keep = f"…{dot}{extension}" if stem and len(extension) <= 10 else "…"
        name = name[: MAX_NAME - len(keep)] + keep
    return name


def display_text(raw: str) -> str:
    """Return ``raw`` on one line, in Unicode form NFC, without invisible and misleading characters."""
    visible = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", raw) if _shown(char))
    return " ".join(visible.split())


def is_plain_id(text: str) -> bool:
    """Return whether ``text`` is a valid custom id: 1 to 200 visible characters without leading or trailing space."""
    return 0 < len(text) <= MAX_NAME and text == text.strip() and text.isprintable()


def _shown(char: str) -> bool:
    return char in "\t\n\r" or unicodedata.category(char) not in _HIDDEN
