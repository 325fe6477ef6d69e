"""Make safe file names for results from untrusted document names."""

from __future__ import annotations

import re
import unicodedata

MAX_STEM = 120
# Device names on Windows, where results may be copied to.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class Names:
    """Makes names that are valid on every file system and unique, also where case is ignored."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def give(self, wanted: str, fallback: str) -> str:
        """Return a file stem for ``wanted`` (or ``fallback`` if nothing of it is valid), with a number if taken."""
        stem = safe(wanted) or safe(fallback)
        name, number = stem, 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name.casefold())
        return name


def safe(text: str) -> str:
    """Return the last path component of ``text``: letters, digits, ``.``, ``_``, ``-``; at most 120; not hidden."""
    last = unicodedata.normalize("NFC", text).replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = re.sub(r"[^\w.-]+", "_", last).strip("._-")
    plain = plain.encode("utf-8", errors="ignore").decode()[:MAX_STEM].rstrip("._-")
    return f"_{plain}" if _RESERVED.fullmatch(plain) else plain
