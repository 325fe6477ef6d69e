"""A digest of what comes out for each document: run it before and after a change that must change nothing.

    python bench/digests.py [--rubric R] [--damaged N] [--against FILE] FILE... > digests.txt

One line a document: digest of the extraction, digest of the answers, name. Damaged files are those of ``damaged.py``.
With ``--against`` an earlier output is compared, differences are printed, and the exit code is 1 when there are any.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from damaged import make, sound_files
from decalogo.errors import DocumentError
from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.extract import extract
from decalogo.evaluation.pipeline import evaluate_extracted
from decalogo.evaluation.rubric import Rubric, load_rubric
from decalogo.evaluation.scoring.result import canonical_json


def digest(content: bytes, rubric: Rubric) -> str:
    """Return the digests of a document's extraction and answers, or the error it ends with."""
    try:
        document = extract(content, ocr=OcrOptions(mode="never"))
    except DocumentError as error:
        return f"{type(error).__name__}: {error.detail}"
    result = evaluate_extracted(document, rubric, content=content).result
    answers = {name: result[name] for name in ("answers", "flags", "points", "global")}
    parts = repr(document).encode(), canonical_json(answers)
    return " ".join(hashlib.sha256(part).hexdigest()[:16] for part in parts)


def documents(options: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every document."""
    for path in options.files:
        yield path.name, path.read_bytes()
    yield from sound_files().items()
    for number in range(options.damaged):
        name, content = make(number, 1, [])
        yield f"damaged-{number}-{name}", content


def main() -> int:
    """Print the digests, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rubric", default="decalogo")
    parser.add_argument("--damaged", type=int, default=200)
    parser.add_argument("--against", type=Path)
    options = parser.parse_args()
    rubric = load_rubric(options.rubric)
    before = {}
    if options.against:
        lines = options.against.read_text(encoding="utf-8").splitlines()
        before = {name: found for name, _, found in (line.partition("\t") for line in lines)}
    differ = 0
    for name, content in documents(options):
        found = digest(content, rubric)
        if not options.against:
            print(f"{name}\t{found}", flush=True)
        elif before.get(name) != found:
            differ += 1
            print(f"{name}: {before.get(name)} before, {found} now", flush=True)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
