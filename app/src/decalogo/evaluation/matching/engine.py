"""One scan for all patterns: hyperscan tells which patterns a text holds, RE2 tells exactly where.

Native libraries are loaded on first use, after a worker has forked. The compiled database is kept per process and, if a
folder is given, on disk; a file that another version or machine made is compiled anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from decalogo.evaluation.linear import Searcher, Span, searcher
from decalogo.evaluation.matching.literals import gate_of

if TYPE_CHECKING:
    from decalogo.evaluation.matching.units import Unit

DOCUMENTS_BEFORE_COMPILING = 5
"""Documents a process judges before it compiles a database of its own."""
SHIPPED = Path(sys.prefix) / "share" / "decalogo" / "patterns"
"""Databases that were compiled when the package was installed (in the image); see ``warm``."""

_MOST_WORDS = 200_000
_WORD = re.compile(rb"[a-z0-9]+")
_SPACES = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]| \+(?![?*+{])")
"""A run of spaces, or what only looks like one: an escaped sign, a class of signs."""
_MAGIC = b"DECALOGO-HS1\n"


class Scanner(Protocol):
    """Tells which patterns stand in a text."""

    def scan(self, text: bytes) -> list[int]:
        """Return the ids of the patterns that match, ascending."""


class Patterns:
    """Prepared patterns with exact spans by RE2 (leftmost, linear time)."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self.patterns = patterns
        self._compiled: dict[int, Searcher] = {}
        self._joined: dict[tuple[int, ...], Searcher] = {}

    def spans(self, pattern_id: int, text: bytes) -> list[Span]:
        """Return the spans of one pattern in a text, left to right, not overlapping."""
        return list(self._searcher(pattern_id)(text))

    def stands(self, pattern_id: int, text: bytes) -> bool:
        """Tell whether one pattern matches in a text."""
        return next(self._searcher(pattern_id)(text), None) is not None

    def one_stands(self, pattern_ids: tuple[int, ...], text: bytes) -> bool:
        """Tell whether one of several patterns matches in a text, at one look."""
        search = self._joined.get(pattern_ids)
        if search is None:
            joined = "|".join(f"(?:{self.patterns[pattern_id]})" for pattern_id in pattern_ids)
            search = self._joined[pattern_ids] = searcher(joined.encode())
        return next(search(text), None) is not None

    def _searcher(self, pattern_id: int) -> Searcher:
        search = self._compiled.get(pattern_id)
        if search is None:
            search = self._compiled[pattern_id] = searcher(self.patterns[pattern_id].encode())
        return search

    def outside(self, pattern_id: int, text: bytes, exclude: frozenset[int]) -> list[Span]:
        """Return the spans of one pattern that overlap no span of the patterns ``exclude``."""
        masked = [span for other in sorted(exclude) for span in self.spans(other, text)]
        return [
            (start, end)
            for start, end in self.spans(pattern_id, text)
            if not any(low < end and start < high for low, high in masked)
        ]

    def standing(self, pattern_id: int, unit: Unit, exclude: frozenset[int]) -> list[Span]:
        """Return the same for a scanned unit, whose hits tell which exclusions need a look."""
        spans = unit.spans(pattern_id, self)
        masked = [span for other in sorted(exclude.intersection(unit.hits)) for span in unit.spans(other, self)]
        return [(start, end) for start, end in spans if not any(low < end and start < high for low, high in masked)]


class PlainScanner:
    """RE2 pattern by pattern: slow and simple; what the other scanners must agree with."""

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns

    def scan(self, text: bytes) -> list[int]:
        """Return the ids of the patterns that match, ascending."""
        return [i for i in range(len(self._patterns.patterns)) if self._patterns.stands(i, text)]


class GatedScanner:
    """RE2 for the patterns whose words the text holds: ready at once, some ten times slower than hyperscan."""

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns
        self._always: list[int] = []
        self._by_literal: dict[bytes, list[int]] = {}
        self._by_word: dict[bytes, tuple[int, ...]] = {}
        for index, pattern in enumerate(patterns.patterns):
            gate = gate_of(pattern)
            if gate is None:
                self._always.append(index)
            for literal in sorted(gate or ()):
                self._by_literal.setdefault(literal.encode(), []).append(index)
        self._lengths = sorted({len(literal) for literal in self._by_literal})

    def scan(self, text: bytes) -> list[int]:
        """Return the ids of the patterns that match, ascending."""
        candidates = set(self._always)
        for word in set(_WORD.findall(text)):
            candidates.update(self._opened(word))
        return [i for i in sorted(candidates) if self._patterns.stands(i, text)]

    def _opened(self, word: bytes) -> tuple[int, ...]:
        known = self._by_word.get(word)
        if known is None:
            if len(self._by_word) > _MOST_WORDS:
                self._by_word.clear()
            parts = {
                word[start : start + length] for length in self._lengths for start in range(len(word) - length + 1)
            }
            ids = {i for part in parts for i in self._by_literal.get(part, ())}
            known = self._by_word[word] = tuple(sorted(ids))
        return known


class FastScanner:
    """Hyperscan over all patterns at once.

    Nearly all texts have single spaces only, and patterns that ask for one take half the time of those that ask for any
    run of spaces; the others have a database of their own.
    """

    def __init__(self, single: Any, any_spaces: Any) -> None:
        self._single, self._any = single, any_spaces

    @classmethod
    def of(cls, patterns: tuple[str, ...], cache_dir: Path | None = None) -> FastScanner:
        """Return the scanner of some patterns; a database that no folder keeps is compiled, which takes seconds."""
        written = single_spaced(patterns), patterns
        return cls(*(_load(each, cache_dir) or _compile(each, cache_dir) for each in written))

    @classmethod
    def kept(cls, patterns: tuple[str, ...], cache_dir: Path | None = None) -> FastScanner | None:
        """Return the same if the cache or the installation keeps its databases for this machine, else ``None``."""
        single, any_spaces = _load(single_spaced(patterns), cache_dir), _load(patterns, cache_dir)
        return None if single is None or any_spaces is None else cls(single, any_spaces)

    def scan(self, text: bytes) -> list[int]:
        """Return the ids of the patterns that match, ascending."""
        found: list[int] = []

        def note(pattern_id: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            found.append(pattern_id)

        (self._any if b"  " in text else self._single).scan(text, match_event_handler=note)
        found.sort()
        return found


def single_spaced(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return patterns that match the same where no two spaces follow one another, with each run as one space."""
    return tuple(_SPACES.sub(lambda token: " " if token[0] == " +" else token[0], pattern) for pattern in patterns)


class Engine:
    """The patterns of one rubric in one process, with the scanner that is cheapest for what it has to do.

    Compiling hyperscan's database takes seconds: it pays for a worker, not for one document. So the first documents of
    a process are read by the gated scanner, unless a folder keeps a database (``warm`` puts it there).
    All scanners give the same.
    """

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self.patterns = Patterns(patterns)
        self._gated: GatedScanner | None = None
        self._fast: FastScanner | None = None
        self._documents = 0

    def scanner(self, cache_dir: Path | None = None) -> Scanner:
        """Return the scanner for one more document."""
        self._documents += 1
        if self._fast is None:
            with contextlib.suppress(ImportError):  # an unusual processor or system
                patterns = self.patterns.patterns
                self._fast = FastScanner.kept(patterns, cache_dir)
                if self._fast is None and self._documents > DOCUMENTS_BEFORE_COMPILING:
                    self._fast = FastScanner.of(patterns, cache_dir)
        if self._fast is not None:
            return self._fast
        if self._gated is None:
            self._gated = GatedScanner(self.patterns)
        return self._gated


def _key(patterns: Iterable[str]) -> str:
    from importlib.metadata import version

    digest = hashlib.sha256("\n".join(patterns).encode())
    digest.update(f"|{platform.machine()}|{platform.system()}|{version('hyperscan')}|{_cpu()}".encode())
    return digest.hexdigest()[:32]


def _cpu() -> str:
    """Tell processors apart: a database is tuned to the instructions of the machine that made it."""
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open(encoding="ascii", errors="replace") as info:
        for line in info:
            if line.startswith(("flags", "Features")):
                return hashlib.sha256(line.encode()).hexdigest()[:16]
    return platform.processor()


def _load(patterns: tuple[str, ...], cache_dir: Path | None) -> Any | None:
    """Return the database that this machine can use from the cache or the installation, or ``None``."""
    name = f"{_key(patterns)}.hsdb"
    for folder in (cache_dir, SHIPPED):
        if folder is not None and (database := _read(folder / name)) is not None:
            return database
    return None


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


def _compile(patterns: tuple[str, ...], cache_dir: Path | None) -> Any:
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[pattern.encode() for pattern in patterns],
        ids=list(range(len(patterns))),
        elements=len(patterns),
        flags=hyperscan.HS_FLAG_SINGLEMATCH,
    )
    if cache_dir is not None:
        with contextlib.suppress(OSError):  # the cache only saves time
            _save(hyperscan.dumpb(database), cache_dir, cache_dir / f"{_key(patterns)}.hsdb")
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
