"""Where the time of one evaluation goes: CPU ms a stage, pages/s, peak memory, ratio to bare PDFium.

    python bench/evaluation.py FILE… [--cache DIR] [--runs N]

Each run is a process of its own, so that "first" is what a cold process pays. CPU seconds are user + system; the best of
N runs is shown, because other work on the machine only ever adds.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path


def measure(file: Path, cache: Path | None) -> dict[str, float]:
    """Return CPU milliseconds of every stage in this process."""
    marks: dict[str, float] = {}
    last = time.process_time()

    def mark(name: str) -> None:
        nonlocal last
        now = time.process_time()
        marks[name], last = (now - last) * 1000, now

    content = file.read_bytes()
    from decalogo.evaluation.extract import extract
    from decalogo.evaluation.fold import fold
    from decalogo.evaluation.matching.columns import ColumnRoles
    from decalogo.evaluation.matching.engine import Engine
    from decalogo.evaluation.matching.units import build_units
    from decalogo.evaluation.model import OcrOptions
    from decalogo.evaluation.pipeline import judge_extracted, scan_units
    from decalogo.evaluation.rubric import load_rubric

    mark("import")
    rubric = load_rubric("decalogo")
    mark("rubric")
    document = extract(content, ocr=OcrOptions(mode="never"))
    mark("extract")
    units = build_units(document, fold, ColumnRoles(rubric, fold), rubric.language)
    mark("units")
    scanner = Engine(rubric.patterns).scanner(cache)
    mark("scanner")
    scan_units(units, scanner)
    mark("scan")
    done = judge_extracted(document, rubric, content=content, scanner=scanner)
    mark("judge, all")
    done.to_json()
    mark("json")
    judge_extracted(document, rubric, content=content, scanner=scanner)
    mark("judge, again")
    marks["pages"] = len(document.pages)
    marks["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    marks["bare"] = _bare(content) if content.startswith(b"%PDF") else 0.0
    return marks


def _bare(content: bytes) -> float:
    """Return CPU milliseconds of PDFium reading all text and nothing else."""
    import pypdfium2

    start = time.process_time()
    document = pypdfium2.PdfDocument(content)
    for number in range(len(document)):
        page = document[number]
        text = page.get_textpage()
        text.get_text_range()
        text.close()
        page.close()
    return (time.process_time() - start) * 1000


def main() -> None:
    """Measure every file in processes of its own and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        sys.stdout.write(json.dumps(measure(given.files[0], given.cache)))
        return
    for file in given.files:
        command = [sys.executable, __file__, "--child", str(file)]
        command += ["--cache", str(given.cache)] if given.cache else []
        runs = [
            json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            for _ in range(given.runs)
        ]
        best = {name: min(run[name] for run in runs) for name in runs[0]}
        whole = best["extract"] + best["judge, all"] + best["scanner"] + best["json"]
        print(f"{file.name}: {best['pages']:.0f} pages, {best['pages'] / whole * 1000:.0f} pages/s, "
              f"{whole:.0f} ms CPU, peak {best['peak_mib']:.0f} MiB"
              + (f", {whole / best['bare']:.1f} x bare PDFium ({best['bare']:.0f} ms)" if best["bare"] else ""))  # fmt: skip
        print(
            "   "
            + ", ".join(
                f"{name} {best[name]:.0f}"
                for name in best
                if name not in {"pages", "peak_mib", "bare"}
            )
        )


if __name__ == "__main__":
    main()
