"""Documents of real pages, of any length, from PDFs at hand: the same files and lengths give the same pages.

    python bench/joined.py --output FOLDER [--pages 120 180 …] FILE...

Each document takes its pages from all FILEs in proportion to their lengths, and begins in each at another place than
the documents before it. What `./appliance loadtest --country --documents FOLDER` hands in can be made so.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

COUNTRY_PAGES = (120, 180, 210, 240, 270, 300, 300, 330, 360, 390, 420, 480)
"""Pages of a country's plans: 300 on average, as uneven as they are."""


def join(files: Sequence[Path], pages: int, target: Path, start: float = 0.0) -> Path:
    """Write about ``pages`` pages of the files and return the path.

    Args:
        files: PDFs that have together at least so many pages.
        pages: wanted length; each file's share of it is rounded.
        target: the PDF to be written.
        start: where each file is begun, a share of its length from 0 to 1; after its end its beginning follows.
    """
    import pypdfium2

    with pypdfium2.PdfDocument.new() as whole:
        parts = [pypdfium2.PdfDocument(file) for file in files]
        share = pages / sum(map(len, parts))
        for part in parts:
            count, first = len(part), int(start * len(part))
            whole.import_pages(part, [(first + n) % count for n in range(min(count, round(share * count)))])
        whole.save(target)
    return target


def main() -> None:
    """Write one document for each length."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--pages", type=int, nargs="*", default=COUNTRY_PAGES)
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    for number, pages in enumerate(given.pages, 1):
        target = given.output / f"real-{number:02d}-{pages}.pdf"
        print(join(given.files, pages, target, (number - 1) / len(given.pages)))


if __name__ == "__main__":
    main()
