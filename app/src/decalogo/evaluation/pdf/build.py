"""Build the C page reader (``pagereader.c``) into the installation.

    python -m decalogo.evaluation.pdf.build [--if-possible]

It needs a C compiler and the headers of the C library. Without a compiler it exits with 1, or with ``--if-possible``
prints a notice and exits with 0; Python then reads the pages.
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
    """Build the reader if it is missing, delete those of other releases, and return its path.

    Raises:
        subprocess.CalledProcessError: the compiler failed; its messages are on standard error.
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
        print("no C compiler found: Python reads the pages, which takes about a fifth more time", file=sys.stderr)
        return 0 if "--if-possible" in sys.argv[1:] else 1
    print(build(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
