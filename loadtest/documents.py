"""The documents that are handed in: real plans by default, made from what is in the repository, or the user's own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from loadtest.rows import ROOT

REAL_PLAN = ROOT / "app/tests/data/florencia-2020-2023.pdf"
PAGES = 100
SHORT = "plan-3.pdf"
# Pages of the country's plans: 300 on average, as uneven as they are.
COUNTRY_PAGES = (120, 180, 210, 240, 270, 300, 300, 330, 360, 390, 420, 480)


def _first_pages(count: int, target: Path) -> None:
    import pypdfium2

    with_all, kept = pypdfium2.PdfDocument(REAL_PLAN), pypdfium2.PdfDocument.new()
    kept.import_pages(with_all, list(range(count)))
    kept.save(target)


def real_plan(folder: Path, pages: int = PAGES) -> Path:
    """Return the first pages of the real plan as a file in ``folder``."""
    target = folder / f"plan-{pages}.pdf"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _first_pages(pages, target)
    return target


def country(folder: Path) -> list[Path]:
    """Return plans of 300 pages on average, of the real one's words and tables (bench/plans.py)."""
    sys.path.insert(0, str(ROOT / "bench"))
    from plans import make_plan

    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for pages in sorted(set(COUNTRY_PAGES)):
        target = folder / f"made-{pages}.pdf"
        if not target.exists():
            make_plan(pages, target)
        files += [target] * COUNTRY_PAGES.count(pages)
    return files


def given(folder: Path) -> list[Path]:
    """Return the user's own documents.

    Raises:
        SystemExit: there are none.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise SystemExit(f"loadtest: no documents in {folder}")
    return files


def put(files: list[Path], folder: Path) -> tuple[str, ...]:
    """Copy files to where locust reads them and return their names there."""
    for file in set(files):
        target = folder / file.name
        if not target.exists():
            shutil.copyfile(file, target)
    return tuple(file.name for file in files)
