"""Tests of the load tests' own parts; what they run is tests/stack/scale and ``./appliance loadtest``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def at_root() -> Iterator[None]:
    """Let the package ``loadtest``, which is no part of the program, be imported."""
    sys.path.insert(0, str(ROOT))
    try:
        yield
    finally:
        sys.path.remove(str(ROOT))
