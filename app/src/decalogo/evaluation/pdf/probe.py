"""Try the pages of a PDF in a process of its own, for files whose objects cannot be looked at beforehand.

    python -m decalogo.evaluation.pdf.probe FILE FIRST-PAGE

The process has limits of CPU time per page and of memory, and prints the number of each page before it reads it. The
page at which it ends is one that PDFium must not be given.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from decalogo.memory import limit_address_space

_PAGE_SECONDS = 10
"""CPU time for one page."""
_MEMORY = 1500 << 20
_MOST_ENDS = 3
"""Pages that may end the process; past them the other pages count as costly too."""


def costly_pages(content: bytes | Path, count: int) -> dict[int, str]:
    """Return why pages must not be read, by their number, from 1.

    Args:
        content: the file.
        count: how many pages it has.
    """
    if isinstance(content, Path):
        return _costly(content, count)
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(content)
        file.flush()
        return _costly(Path(file.name), count)


def _costly(file: Path, count: int) -> dict[int, str]:
    costly: dict[int, str] = {}
    reason = f"reading it takes more than {_PAGE_SECONDS} s or {_MEMORY >> 20} MiB"
    first = 1
    while first <= count:
        command = [sys.executable, "-m", "decalogo.evaluation.pdf.probe", str(file), str(first)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)  # noqa: S603
        if done.returncode == 0:
            break
        reached = done.stdout.split()
        if not reached:
            break  # nothing could be tried: a machine without memory for another process
        page = int(reached[-1])
        if len(costly) >= _MOST_ENDS:
            costly |= dict.fromkeys(range(page, count + 1), reason)
            break
        costly[page] = reason
        first = page + 1
    return costly


def main(name: str, first: int) -> None:
    """Read the pages from ``first`` on."""
    import pypdfium2

    from decalogo.evaluation.pdf.page import read_page

    limit_address_space(_MEMORY)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    document = pypdfium2.PdfDocument(name)
    for number in range(first, len(document) + 1):
        print(number, flush=True)
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + _PAGE_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        read_page(document, number - 1)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
