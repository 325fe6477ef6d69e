"""Profile of one evaluation, compared with PDFium's bare text in the same run.

    python bench/evaluation.py [--runs N] [--pages 50 300 600 2000] [--joined PAGES] [FILE...]

Without FILEs: the real plan, and plans of ``--pages`` made by ``plans.py``. With ``--joined``: one document with this
number of pages, the first ones of each FILE in proportion to its length.

Each document has a process of its own, whose first evaluation measures the peak of memory. Then bare text, extraction
and the whole evaluation take turns N times in the warm process, each without and with tables. The minimum CPU time
(user + system) counts, because other work on the machine only adds to it.

The report has per document: ratios to bare text, pages per second, CPU ms of every stage, and documents of 300 pages
per core and hour. At the end: the deviation of the cost of the made plans from proportional cost.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from extraction import bare_text
from joined import join

PAGES = 300
STAGES = ("extract", "units", "terms", "score", "json")
RATIOS = {
    "text": "extraction without tables",
    "without tables": "whole without tables",
    "extract": "extraction",
    "whole": "whole",
}


class Clock:
    """The minimum CPU time of each measured function, milliseconds."""

    def __init__(self) -> None:
        self.least: dict[str, float] = {}

    def time(self, name: str, work: Callable[[], Any]) -> Any:
        """Call ``work`` and record its CPU time."""
        started = time.process_time()
        found = work()
        spent = (time.process_time() - started) * 1000
        self.least[name] = min(spent, self.least.get(name, spent))
        return found


def measure(file: Path, runs: int) -> dict[str, float]:
    """Return the cost of each stage for one document in this process, CPU milliseconds."""
    clock = Clock()
    started = time.process_time()
    from decalogo.evaluation.documents.model import OcrOptions
    from decalogo.evaluation.extract import extract
    from decalogo.evaluation.fold import fold
    from decalogo.evaluation.gc_pause import collector_paused
    from decalogo.evaluation.layout.grids import RulingLines
    from decalogo.evaluation.matching.columns import ColumnRoles
    from decalogo.evaluation.matching.engine import engine_of
    from decalogo.evaluation.matching.units import build_units
    from decalogo.evaluation.options import EvaluateOptions
    from decalogo.evaluation.pdf import page as pdf_page
    from decalogo.evaluation.pipeline import evaluate, evaluate_extracted, scan_units
    from decalogo.evaluation.rubric import load_rubric

    never = OcrOptions(mode="never")
    options = EvaluateOptions(ocr=never)
    rubric = load_rubric("decalogo")
    terms = engine_of(rubric).scanners[0]
    start_up = (time.process_time() - started) * 1000
    pages = evaluate(file, rubric, options).result["document"]["pages"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for _ in range(runs):
        clock.time("bare", lambda: bare_text(file))
        with patch.object(pdf_page.text_page(), "rules", lambda *_: RulingLines()):
            with collector_paused():
                clock.time("text", lambda: extract(file, ocr=never))
            clock.time("without tables", lambda: evaluate(file, rubric, options).to_json())
        clock.time("whole", lambda: evaluate(file, rubric, options).to_json())
        with collector_paused():  # as ``evaluate`` does
            document = clock.time("extract", lambda: extract(file, ocr=never))
            units = clock.time("units", lambda: build_units(document, fold, ColumnRoles(rubric, fold), rubric.language))
            clock.time("terms", lambda: scan_units(units, terms, {}))
            done = clock.time("score, all", lambda: evaluate_extracted(document, rubric, content=file))
            clock.time("json", done.to_json)
    clock.least["score"] = clock.least["score, all"] - clock.least["units"] - clock.least["terms"]
    return {"pages": pages, "peak": peak, "start": start_up, **clock.least}


def proportional(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the best fit of the cost per page, and the maximum relative deviation from it."""
    a_page = sum(pages * cost for pages, cost in points) / sum(pages * pages for pages, _ in points)
    return a_page, max(abs(cost / pages / a_page - 1) for pages, cost in points)


def report(name: str, found: dict[str, float]) -> str:
    """Return the table row of one document."""
    ratio = {key: found[key] / found["bare"] for key in RATIOS}
    cells = [
        f"{found['pages']:.0f}", f"{found['bare']:.0f}", *(f"{ratio[key]:.2f}" for key in RATIOS),
        *(f"{found[stage]:.0f}" for stage in STAGES), f"{found['whole'] / found['pages']:.2f}",
        f"{found['pages'] / found['whole'] * 1000:.0f}", f"{found['peak']:.0f}",
        f"{3_600_000 / (found['whole'] / found['pages'] * PAGES):,.0f}",
    ]  # fmt: skip
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Measure every document in its own process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--pages", type=int, nargs="*", default=[50, 300, 600, 2000])
    parser.add_argument("--joined", type=int, default=0)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(measure(given.files[0], given.runs)))
        return
    head = ("document", "pages", "bare ms", *(f"{name} ×" for name in RATIOS.values()), *STAGES,
            "ms a page", "pages/s", "peak MiB", f"documents of {PAGES} p/h/core")  # fmt: skip
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    with tempfile.TemporaryDirectory(prefix="decalogo-plans-") as folder:
        made: list[Path] = []
        files = given.files
        if given.joined:
            files = [join(files, given.joined, Path(folder) / f"joined-{given.joined}.pdf")]
        if not files:
            from plans import REAL_PLAN, make_plan

            made = [make_plan(pages, Path(folder) / f"made-{pages}.pdf") for pages in given.pages]
            files = [REAL_PLAN, *made]
        points = []
        for file in files:
            command = [sys.executable, __file__, "--child", str(file), f"--runs={given.runs}"]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found = json.loads(done.stdout)
            print(report(file.name, found), flush=True)
            if file in made:
                points.append((found["pages"], found["whole"]))
    if len(points) > 1:
        a_page, off = proportional(points)
        print(f"\nmade plans: {a_page:.2f} ms a page fits best, and each is within {off:.0%} of it")


if __name__ == "__main__":
    main()
