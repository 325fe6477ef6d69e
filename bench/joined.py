"""Build documents of any length from the pages of real PDFs. Equal files and lengths give equal pages.

    python bench/joined.py --output FOLDER [--pages 120 180 …] [--no-scans] FILE...

Each document takes pages from all FILEs in proportion to their lengths, and starts at another place than the previous
documents. With `--no-scans`, pages without a text layer are skipped. The output serves `./appliance loadtest --country
--documents FOLDER`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

COUNTRY_PAGES = (120, 180, 210, 240, 270, 300, 300, 330, 360, 390, 420, 480)
"""Typical lengths of the plans of a country: 300 pages on average."""


def join(files: Sequence[Path], pages: int, target: Path, start: float = 0.0, *, scans: bool = True) -> Path:
    """Write about ``pages`` pages of the files and return the path.

    Args:
        files: PDFs with at least this number of pages in total.
        pages: requested length; the share of each file is rounded.
        target: the PDF to write.
        start: first page in each file, as a share of its length; after the last page, the first one follows.
        scans: include pages without a text layer.
    """
    import pypdfium2

    with pypdfium2.PdfDocument.new() as whole:
        parts = [pypdfium2.PdfDocument(file) for file in files]
        taken = [[n for n in range(len(part)) if scans or _has_text(part[n])] for part in parts]
        share = pages / sum(map(len, taken))
        for part, numbers in zip(parts, taken, strict=True):
            count, first = len(numbers), int(start * len(numbers))
            chosen = [numbers[(first + n) % count] for n in range(min(count, round(share * count)))]
            whole.import_pages(part, chosen)
        whole.save(target)
    return target


def _has_text(page: Any) -> bool:
    return bool(page.get_textpage().get_text_range().strip())


def main() -> None:
    """Write one document for each length."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--pages", type=int, nargs="*", default=COUNTRY_PAGES)
    parser.add_argument("--no-scans", action="store_true", help="skip pages without a text layer")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    for number, pages in enumerate(given.pages, 1):
        target = given.output / f"real-{number:02d}-{pages}.pdf"
        print(join(given.files, pages, target, (number - 1) / len(given.pages), scans=not given.no_scans))


if __name__ == "__main__":
    main()
