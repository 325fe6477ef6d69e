"""Measure CPU time and memory of extraction, compared with PDFium's bare text.

    python bench/extraction.py [--repeat N] FILE...
    python bench/extraction.py --against PYTHON [--repeat N] FILE...

Each file is measured in a process of its own. The report has pages, pages per second and the peak of resident memory.
It also has the CPU seconds (user + system, minimum of N runs) of PDFium's text alone and of the whole extraction, and
their ratio.

With ``--against`` two versions of the code take turns, each in a process of its own that stays up. PYTHON is the
interpreter of an environment with the other version. The report has the user CPU seconds of both (minimum of N runs)
and the median of their ratios.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path


def bare_text(path: Path) -> None:
    """Read the text of every page with PDFium and nothing else."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    for index in range(len(document)):
        page = document[index]
        textpage = page.get_textpage()
        textpage.get_text_range()
        textpage.close()
        page.close()
    document.close()


def cpu_seconds(work: Callable[[], object], repeat: int) -> float:
    """Return the minimum CPU time of ``repeat`` runs, seconds."""
    times = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def measure(path: Path, repeat: int) -> dict[str, float]:
    """Measure one file in this process."""
    from decalogo.evaluation.documents.model import OcrOptions
    from decalogo.evaluation.extract import extract

    never = OcrOptions(mode="never")

    result = extract(path, ocr=never)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    is_pdf = result.media_type == "application/pdf"
    return {
        "pages": len(result.pages),
        "passages": len(result.passages),
        "tables": len(result.tables),
        "bare": cpu_seconds(lambda: bare_text(path), repeat) if is_pdf else 0.0,
        "whole": cpu_seconds(lambda: extract(path, ocr=never), repeat),
        "peak": peak,
    }


_WORKER = """
import resource, sys
from pathlib import Path
from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.extract import extract
user = lambda: sum(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
for line in sys.stdin:
    start = user()
    extract(Path(line.rstrip("\\n")), ocr=OcrOptions(mode="never"))
    print(user() - start, flush=True)
"""


def compare(files: list[Path], before: Path, repeat: int) -> None:
    """Print the CPU time of another version of the package and of this one, measured in turns."""
    workers = [
        subprocess.Popen([python, "-c", _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for python in (str(before), sys.executable)
    ]

    def seconds(worker: subprocess.Popen[str], path: Path) -> float:
        assert worker.stdin
        assert worker.stdout
        print(path.resolve(), file=worker.stdin, flush=True)
        return float(worker.stdout.readline())

    print("| file | before s | now s | ratio |")
    print("|---|---|---|---|")
    for path in files:
        turns = [[seconds(worker, path) for worker in workers] for _ in range(repeat + 1)][1:]
        first, second = (min(column) for column in zip(*turns, strict=True))
        ratio = statistics.median(after / earlier for earlier, after in turns)
        print(f"| {path.name} | {first:.3f} | {second:.3f} | {ratio:.2f} |", flush=True)
    for worker in workers:
        worker.communicate()


def main() -> None:
    """Print one row per file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--repeat", type=int, default=3, help="number of runs; the fastest counts")
    parser.add_argument("--json", action="store_true", help="measure one file in this process and print JSON")
    parser.add_argument("--against", type=Path, metavar="PYTHON", help="interpreter of another version")
    options = parser.parse_args()
    if options.against:
        compare(options.files, options.against, options.repeat)
        return
    if options.json:
        print(json.dumps(measure(options.files[0], options.repeat)))
        return
    print("| file | pages | passages | tables | PDFium alone s | whole s | ratio | pages/s | peak MB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for path in options.files:
        command = [sys.executable, __file__, "--json", "--repeat", str(options.repeat), str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        ratio = f"{found['whole'] / found['bare']:.1f}" if found["bare"] else ""
        bare = f"{found['bare']:.2f}" if found["bare"] else ""
        row = (path.name, found["pages"], found["passages"], found["tables"], bare, f"{found['whole']:.2f}", ratio)
        print("|", " | ".join(map(str, row)), f"| {found['pages'] / found['whole']:.0f} | {found['peak']:.0f} |")


if __name__ == "__main__":
    main()
