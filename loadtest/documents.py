"""Documents to submit: real and generated plans from this repository, or the user's own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from decalogo.client.splitting import UPLOAD_BYTES
from loadtest.rows import ROOT

REAL_PLAN = ROOT / "app/tests/data/florencia-2020-2023.pdf"
PAGES = 100
SHORT = "plan-3.pdf"
COUNTRY = "plans of 120 to 480 pages, generated from the words and tables of a real plan (bench/plans.py)"


def _first_pages(count: int, target: Path) -> None:
    import pypdfium2

    with_all, kept = pypdfium2.PdfDocument(REAL_PLAN), pypdfium2.PdfDocument.new()
    kept.import_pages(with_all, list(range(count)))
    kept.save(target)


def _made(target: Path, make: Callable[[Path], object]) -> Path:
    """Create a file unless it exists, atomically."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".part")
        make(unfinished)
        unfinished.replace(target)
    return target


def real_plan(folder: Path, pages: int = PAGES) -> Path:
    """Return the first pages of the real plan as a file in ``folder``."""
    return _made(folder / f"plan-{pages}.pdf", lambda target: _first_pages(pages, target))


def country(folder: Path) -> list[Path]:
    """Return generated plans of 300 pages on average (bench/plans.py)."""
    sys.path.insert(0, str(ROOT / "bench"))
    from joined import COUNTRY_PAGES
    from plans import make_plan

    return [_made(folder / f"made-{pages}.pdf", partial(make_plan, pages)) for pages in COUNTRY_PAGES]


def given(folder: Path) -> list[Path]:
    """Return the user's own documents.

    Raises:
        SystemExit: there are none, or one cannot be submitted as a document.
    """
    if not folder.is_dir():
        raise SystemExit(f"loadtest: --documents: {folder} is not a folder")
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise SystemExit(f"loadtest: --documents: no files in {folder}")
    for file in files:
        if file.suffix.lower() == ".zip":
            raise SystemExit(f"loadtest: --documents: {file} is an archive; use its members instead")
        if not 0 < file.stat().st_size < UPLOAD_BYTES:
            raise SystemExit(f"loadtest: --documents: {file} is empty, or larger than an upload (98 MiB)")
    return files


def batch_of(files: list[Path], most: int) -> int:
    """Return the number of documents per upload: at most ``most``, and few enough for the largest ones."""
    return max(1, min(most, UPLOAD_BYTES // max(file.stat().st_size for file in files)))


def put(files: list[Path], folder: Path) -> tuple[str, ...]:
    """Copy files to the folder that Locust reads, and return their names there."""
    (folder / "documents").mkdir(exist_ok=True)
    for file in set(files):
        target = folder / "documents" / file.name
        if not target.exists():
            shutil.copyfile(file, target)
    return tuple(file.name for file in files)
