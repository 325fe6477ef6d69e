"""Databases of patterns that hyperscan reads: compiled once, kept in a folder, and loaded by every process.

A file that another version or machine made is passed over.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

SHIPPED = Path(sys.prefix) / "share" / "decalogo" / "patterns"
"""Databases that were compiled when the package was installed (in the image); see ``warm``."""
_MAGIC = b"DECALOGO-HS1\n"
_SPACES = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]| \+(?![?*+{])")
"""A run of spaces, or what only looks like one: an escaped sign, a class of signs."""

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|.", re.DOTALL)
_IN_LINE = {r"\s": r"[^\S\n]", r"\D": r"[^\d\n]", r"\W": r"[^\w\n]"} | {rf"\{c}": rf"\{c}" for c in "bBdwS"}
"""Escaped letters that a pattern for lines may hold, with what they are there."""

Written = Mapping[int, str]
"""Id to prepared pattern."""


def within_lines(patterns: Written) -> Written | None:
    """Return patterns that match the same in each line of a text and never over its end.

    ``None``: one of them says something of which that is not sure.
    """
    kept = {number: [_in_line(token) for token in _TOKEN.findall(pattern)] for number, pattern in patterns.items()}
    if any("" in tokens for tokens in kept.values()):
        return None
    return {number: "".join(tokens) for number, tokens in kept.items()}


def _in_line(sign: str) -> str:
    """Return a pattern's sign, class or escape as it never matches the end of a line, "" where that is not sure."""
    if not sign.isprintable() or sign == "(":
        return ""
    if sign[0] == "\\":
        return sign if not sign[1].isalnum() else _IN_LINE.get(sign, "")
    if sign.startswith("[^"):
        return "" if sign[2] == "]" else rf"[^\n{sign[2:]}"
    if len(sign) > 1 and sign[0] == "[":
        return "" if sign[1] == "]" or "[:" in sign or re.search(r"\\[^\WdwS]", sign) else sign
    return sign


def single_spaced(patterns: Written) -> Written:
    """Return patterns that match the same where no two spaces follow one another, with each run as one space."""
    return {
        number: _SPACES.sub(lambda token: " " if token[0] == " +" else token[0], pattern)
        for number, pattern in patterns.items()
    }


def load(patterns: Written, cache_dir: Path | None) -> Any | None:
    """Return the database that this machine can use from the cache or the installation, or ``None``."""
    name = _name(patterns)
    for folder in (cache_dir, SHIPPED):
        if folder is not None and (database := _read(folder / name)) is not None:
            return database
    return None


def compiled(patterns: Written, cache_dir: Path | None) -> Any:
    """Compile a database, which takes seconds, and keep it in the cache if there is one."""
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[pattern.encode() for pattern in patterns.values()],
        ids=list(patterns),
        elements=len(patterns),
        flags=hyperscan.HS_FLAG_MULTILINE,
    )
    if cache_dir is not None:
        with contextlib.suppress(OSError):  # the cache only saves time
            _save(hyperscan.dumpb(database), cache_dir, cache_dir / _name(patterns))
    return database


def _name(patterns: Written) -> str:
    """Return the file name of a database: it changes with the patterns, their ids, the version and the machine."""
    from importlib.metadata import version

    digest = hashlib.sha256("\n".join(f"{number} {pattern}" for number, pattern in patterns.items()).encode())
    digest.update(f"|lines|{platform.machine()}|{platform.system()}|{version('hyperscan')}|{_cpu()}".encode())
    return f"{digest.hexdigest()[:32]}.hsdb"


@cache
def _cpu() -> str:
    """Tell processors apart: a database is tuned to the instructions of the machine that made it."""
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open(encoding="ascii", errors="replace") as info:
        for line in info:
            if line.startswith(("flags", "Features")):
                return hashlib.sha256(line.encode()).hexdigest()[:16]
    return platform.processor()


def _read(path: Path) -> Any | None:
    import hyperscan

    try:
        content = path.read_bytes()
    except OSError:
        return None
    head, digest, body = content[: len(_MAGIC)], content[len(_MAGIC) : len(_MAGIC) + 32], content[len(_MAGIC) + 32 :]
    if head != _MAGIC or hashlib.sha256(body).digest() != digest:
        return None  # cut short by a full disk or a crash
    try:
        database = hyperscan.loadb(body, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except hyperscan.error:
        return None
    return database


def _save(body: bytes, cache_dir: Path, target: Path) -> None:
    """Write under another name and rename, so that no other process ever reads half a file."""
    cache_dir.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=cache_dir, prefix=".hsdb-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + hashlib.sha256(body).digest() + body)
        Path(name).chmod(0o644)  # made at the image's build by root, read by the services
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
