"""Translate patterns of a rubric to regular expressions for RE2.

A rubric writes patterns on folded text. ``@name`` stands for a list of the lexicon, a space for one or more spaces, and
``( )`` groups. Words match as a whole: if a pattern begins or ends with a letter, digit or group, a word boundary is
added there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_GROUP = re.compile(r"(?<!\\)\((?!\?)")
_LETTER_START = re.compile(r"[a-z0-9(\[]")
_LETTER_END = re.compile(r"[a-z0-9)\]}?*+]")
_FORBIDDEN = re.compile(r"\(\?(?:[=!]|<[=!]|P=|>)|\\[1-9]")


def expand(patterns: Sequence[str], lexicon: Mapping[str, Sequence[str]], seen: tuple[str, ...] = ()) -> list[str]:
    """Replace each ``@name`` by the patterns of the lexicon, recursively.

    Raises:
        ValueError: a list is unknown or contains itself.
    """
    out: list[str] = []
    for pattern in patterns:
        if not pattern.startswith("@"):
            out.append(pattern)
            continue
        name = pattern[1:]
        if name not in lexicon:
            raise ValueError(f"unknown list {pattern}")
        if name in seen:
            raise ValueError(f"list {pattern} contains itself")
        out += expand(lexicon[name], lexicon, (*seen, name))
    return list(dict.fromkeys(out))


def prepare(pattern: str) -> str:
    """Return the regular expression of one pattern.

    Raises:
        ValueError: the pattern uses an unsupported construct; the message names it.
    """
    if not pattern.strip():
        raise ValueError("an empty pattern")
    if not pattern.isascii() or re.search(r"(?<!\\)[A-Z]", pattern):
        raise ValueError(f"pattern {pattern!r} is not on folded text (lower-case ASCII, ñ is n)")
    if _FORBIDDEN.search(pattern):
        raise ValueError(f"pattern {pattern!r} uses lookaround or a back reference")
    start = ""
    if pattern.startswith("^"):
        start, pattern = "^", pattern[1:]
    elif _LETTER_START.match(pattern[0]):
        start = r"\b"
    end = r"\b" if _LETTER_END.match(pattern[-1]) and pattern[-2:-1] != "\\" else ""
    return f"{start}(?:{_spaces(_GROUP.sub('(?:', pattern))}){end}"


def _spaces(pattern: str) -> str:
    out, inside = [], False
    for index, char in enumerate(pattern):
        if char == "[" and (index == 0 or pattern[index - 1] != "\\"):
            inside = True
        elif char == "]" and pattern[index - 1] != "\\":
            inside = False
        out.append(
            " +" if char == " " and not inside and pattern[index + 1 : index + 2] not in ("?", "*", "+") else char
        )
    return "".join(out)


def check(pattern: str) -> str | None:
    """Return why a prepared pattern is invalid; ``None`` if it is valid."""
    import re2  # a native library: imported on first use

    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern.encode(), options)
    except re2.error as error:
        return str(error.args[0].decode() if isinstance(error.args[0], bytes) else error)
    for text in (b"", b"a 0"):
        match = compiled.search(text)
        if match is not None and match.start() == match.end():
            return "matches without taking a character"
    return None
