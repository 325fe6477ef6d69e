"""File names for results, made from names that strangers chose."""

from __future__ import annotations

import re
import unicodedata

MAX_STEM = 120
# Names that Windows keeps for devices; results travel.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class Names:
    """Gives out names that are safe on every file system and differ, also where upper and lower case are one."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def give(self, wanted: str, fallback: str) -> str:
        """Return a stem made from ``wanted`` (``fallback`` when nothing of it is left), with a number if taken."""
        stem = safe(wanted) or safe(fallback)
        name, number = stem, 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name.casefold())
        return name


def safe(text: str) -> str:
    """Reduce ``text`` to letters, digits, ``.``, ``_`` and ``-``; no path, no hidden file, at most 120 characters."""
    last = unicodedata.normalize("NFC", text).replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = re.sub(r"[^\w.-]+", "_", last).strip("._-")
    plain = plain.encode("utf-8", errors="ignore").decode()[:MAX_STEM].rstrip("._-")
    return f"_{plain}" if _RESERVED.fullmatch(plain) else plain
