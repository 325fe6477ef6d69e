"""Build the C reader of pages into the installation.

    python -m decalogo.evaluation.pdf.build [--if-possible]

It needs a C compiler and no headers but C's own. Without a compiler it fails, or with ``--if-possible`` says what that
costs and leaves reading to Python.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from decalogo.evaluation.pdf.native import FOLDER, OPTIONS, SOURCE, path


def build(compiler: str) -> Path:
    """Build the reader unless it is there, take away those of other releases, and return its path.

    Raises:
        subprocess.CalledProcessError: the compiler refused; what it says stands on standard error.
    """
    target = path()
    if not target.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=FOLDER, suffix=".so")
        os.close(handle)
        try:
            subprocess.run([compiler, *OPTIONS, "-o", name, str(SOURCE)], check=True)  # noqa: S603
            Path(name).chmod(0o755)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    for other in FOLDER.glob("pagereader-*.so"):
        if other != target:
            other.unlink()
    return target


def compiler() -> str | None:
    """Return the C compiler of this machine, or ``None``."""
    return next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)


def main() -> int:
    """Build from the command line."""
    found = compiler()
    if found is None:
        print("no C compiler here: pages are read by Python, which takes about a fifth more time", file=sys.stderr)
        return 0 if "--if-possible" in sys.argv[1:] else 1
    print(build(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
