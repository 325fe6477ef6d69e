#!/usr/bin/env python3
"""Where reading a document in parts pays: CPU seconds of one process for all, and of the longest chain of several.

The chain is: what is done before the cut, the most loaded of N processes, and the attempt that puts the parts together.
CPU time counts, programs started included, so that other work on the machine changes little; waiting for a message
(about 50 ms a step) is not in it.

    .venv/bin/python bench/parts.py [--pages 580 1160] [--scans 8 20] [--processes 2 4]
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
from decalogo.evaluation.documents.model import OcrOptions, SplitSizes
from decalogo.evaluation.documents.parts import SplitError
from decalogo.evaluation.evaluators import PatternEvaluator
from decalogo.evaluation.rubric import load_rubric
from reportlab.lib.pagesizes import letter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

PLAN = Path(__file__).parents[1] / "app" / "tests" / "data" / "florencia-2020-2023.pdf"
OCR = OcrOptions(max_pages=1000, document_seconds=100_000, page_seconds=1000)


def repeated(pages: int) -> bytes:
    """Return the real plan again and again, cut at so many pages."""
    with pypdfium2.PdfDocument.new() as whole, pypdfium2.PdfDocument(PLAN) as plan:
        while len(whole) < pages:
            whole.import_pages(plan, list(range(min(len(plan), pages - len(whole)))))
        buffer = io.BytesIO()
        whole.save(buffer)
    return buffer.getvalue()


def scanned(pages: int) -> bytes:
    """Return pages 20 and following of the real plan as images, 200 dots an inch."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=letter, invariant=1)
    with pypdfium2.PdfDocument(PLAN) as plan:
        for number in range(20, 20 + pages):
            image = plan[number].render(scale=200 / 72, grayscale=True).to_pil()
            canvas.drawImage(ImageReader(image), 0, 0, *letter)
            canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def cost(action: Callable[[], Any]) -> tuple[Any, float]:
    """Return what an action answers, and the CPU seconds of it and of the programs it started."""
    before = os.times()
    answer = action()
    after = os.times()
    return answer, sum(after[:4]) - sum(before[:4])


def measure(name: str, content: Path, sizes: SplitSizes, processes: list[int], cache: Path) -> None:
    """Print one line: the whole, and the longest chain for each number of processes."""
    evaluator, rubric = PatternEvaluator(), load_rubric("decalogo")
    options: dict[str, Any] = {"cache_dir": cache, "ocr": OCR}
    whole, alone = cost(lambda: evaluator.evaluate(content, rubric, **options))

    def first() -> SplitError:
        try:
            evaluator.evaluate_parts(content, rubric, brought=[], sizes=sizes, **options)
        except SplitError as wanted:
            return wanted
        raise SystemExit(f"{name}: not cut")

    wanted, before = cost(first)
    read = [cost(lambda part=part: evaluator.read_part(content, part, ocr=OCR)) for part in wanted.parts]
    brought = [wanted.known, *(pages for pages, _ in read)]
    joined, after = cost(
        lambda: evaluator.evaluate_parts(content, rubric, brought=brought, sizes=SplitSizes(), **options)
    )
    if joined.to_json() != whole.to_json():
        raise SystemExit(f"{name}: the parts give another result")
    cells = []
    for count in processes:
        load = [0.0] * count
        for _, seconds in read:
            load[load.index(min(load))] += seconds
        chain = before + max(load) + after
        cells.append(f"{chain:.2f} ({alone / chain:.2f} x)")
    total = before + sum(seconds for _, seconds in read) + after
    print(f"| {name} | {len(read)} | {alone:.2f} | {total:.2f} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Measure texts and scans."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", nargs="*", type=int, default=[580, 1160])
    parser.add_argument("--scans", nargs="*", type=int, default=[8, 20])
    parser.add_argument("--processes", nargs="+", type=int, default=[2, 4])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        content, cache = Path(folder) / "document.pdf", Path(folder) / "cache"
        PatternEvaluator().evaluate(PLAN, load_rubric("decalogo"), cache_dir=cache)  # compile, load, warm up
        chains = " | ".join(f"chain of {count}" for count in asked.processes)
        print(f"| document | parts | one process, CPU s | in parts, CPU s | {chains} |")
        print(f"|---|---|---|---|{'---|' * len(asked.processes)}")
        for pages in asked.pages:
            content.write_bytes(repeated(pages))
            measure(f"text, {pages} pages", content, SplitSizes(1, 250, 0), asked.processes, cache)
        for pages in asked.scans:
            content.write_bytes(scanned(pages))
            measure(f"scan, {pages} pages", content, SplitSizes(0, 250, 5), asked.processes, cache)


if __name__ == "__main__":
    main()
