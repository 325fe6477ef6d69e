"""Compare the extraction of the appliance with other readers of PDF files, in turns.

    python bench/readers.py --others PYTHON [--repeat N] FILE...

PYTHON is the interpreter of an environment with the libraries of `bench/readers.txt`. `pdftotext` is the program of the
package poppler-utils. Each reader runs in a process of its own that stays up, so imports do not count. A turn is one
run of every reader over a file. The table states the median of the CPU seconds (user + system, with child processes),
the ratio to PDFium's bare text of the same turn with its range, and the characters found.

The strategy `fast` of unstructured takes its text from pdfminer.six, so that row is its lower bound. Unstructured
itself loads language data from the network when it runs.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

BARE = "PDFium, bare text"
READERS = {
    BARE: """
import pypdfium2
def read(path):
    document = pypdfium2.PdfDocument(path)
    return sum(len(page.get_textpage().get_text_range()) for page in document)
""",
    "appliance": """
from pathlib import Path
from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.extract import extract
def read(path):
    return sum(len(page.text) for page in extract(Path(path), ocr=OcrOptions(mode="never")).pages)
""",
    "pdftotext -layout": """
import subprocess
def read(path):
    return len(subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode())
""",
    "PyMuPDF": """
import pymupdf
def read(path):
    return sum(len(page.get_text()) for page in pymupdf.open(path))
""",
    "PyMuPDF with tables": """
import pymupdf
def read(path):
    return sum(len(page.get_text()) + 0 * len(page.find_tables().tables) for page in pymupdf.open(path))
""",
    "pypdf": """
import pypdf
def read(path):
    return sum(len(page.extract_text()) for page in pypdf.PdfReader(path).pages)
""",
    "pdfplumber": """
import pdfplumber
def read(path):
    with pdfplumber.open(path) as document:
        return sum(len(page.extract_text()) for page in document.pages)
""",
    "pdfplumber with tables": """
import pdfplumber
def read(path):
    with pdfplumber.open(path) as document:
        return sum(len(page.extract_text()) + 0 * len(page.extract_tables()) for page in document.pages)
""",
    "pdfminer.six": """
from pdfminer.high_level import extract_text
def read(path):
    return len(extract_text(path))
""",
}
"""Reader to the source of ``read(path)``, which returns the number of characters."""

_LOOP = """
import resource, sys
used = lambda: sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    start = used()
    characters = read(line.rstrip("\\n"))
    print(used() - start, characters, file=answers, flush=True)
"""


class Reader:
    """A process that reads files with one library.

    Args:
        name: a key of ``READERS``.
        python: interpreter that has the library.
    """

    def __init__(self, name: str, python: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [python, "-W", "ignore", "-c", READERS[name] + _LOOP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def read(self, path: Path) -> tuple[float, int]:
        """Return CPU seconds and characters of one file.

        Raises:
            SystemExit: the library is missing or cannot read the file.
        """
        assert self._process.stdin
        assert self._process.stdout
        print(path.resolve(), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline().split()
        if not answer:
            raise SystemExit(f"{self.name}: no answer for {path}")
        return float(answer[0]), int(answer[1])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def main() -> None:
    """Print one row per file and reader."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--others", required=True, metavar="PYTHON", help="interpreter with the other libraries")
    parser.add_argument("--repeat", type=int, default=5, help="number of turns")
    options = parser.parse_args()
    if not shutil.which("pdftotext"):
        parser.error("pdftotext is not installed (Debian package poppler-utils)")
    own = (BARE, "appliance")
    readers = [Reader(name, sys.executable if name in own else options.others) for name in READERS]
    print("| file | reader | CPU s | ratio to bare text | range | characters |")
    print("|---|---|---|---|---|---|")
    for path in options.files:
        turns = [[reader.read(path) for reader in readers] for _ in range(options.repeat + 1)][1:]
        for reader, column in zip(readers, zip(*turns, strict=True), strict=True):
            ratios = sorted(seconds / turn[0][0] for (seconds, _), turn in zip(column, turns, strict=True))
            seconds = statistics.median(seconds for seconds, _ in column)
            middle, span = statistics.median(ratios), f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
            print(
                f"| {path.name} | {reader.name} | {seconds:.2f} | {middle:.2f} | {span} | {column[0][1]:,} |",
                flush=True,
            )
    for reader in readers:
        reader.close()


if __name__ == "__main__":
    main()
