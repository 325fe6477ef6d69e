"""Measure how much the length of a document drives its score.

    python bench/length.py FILE...

FILEs are texts of plans. The report has:

- Spearman's correlation of length and global percentage over all files;
- halves: mean and largest difference between a plan and the mean of its two halves, for 12 plans of all lengths;
- glued: eight plans of middling scores as one document, next to the best of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.pipeline import evaluate
from decalogo.evaluation.rubric import load_rubric

HALVED = 12
GLUED = 8


def percent(content: bytes) -> tuple[float, int]:
    """Return the global percentage of a document and its length in characters."""
    options = EvaluateOptions(ocr=OcrOptions(mode="never"))
    result = evaluate(content, load_rubric("decalogo"), options).result
    return result["global"]["percent"], result["document"]["characters"]


def halves(content: bytes) -> tuple[bytes, bytes]:
    """Cut a text at the line nearest to its middle."""
    cut = content.find(b"\n", len(content) // 2) + 1 or len(content) // 2
    return content[:cut], content[cut:]


def ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value; equal ones share their mean rank."""
    return [sum(other < value for other in values) + (values.count(value) - 1) / 2 for value in values]


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the rank correlation of two lists."""
    one, two = ranks(first), ranks(second)
    middle = fmean(one)
    both = sum((a - middle) * (b - middle) for a, b in zip(one, two, strict=True))
    size = sum((a - middle) ** 2 for a in one) * sum((b - middle) ** 2 for b in two)
    return float(both / size**0.5)


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    texts = {file.name: file.read_bytes() for file in sorted(parser.parse_args().files, key=lambda file: file.name)}
    whole = {name: percent(content) for name, content in texts.items()}
    shares, lengths = [value for value, _ in whole.values()], [float(length) for _, length in whole.values()]
    print(f"{len(texts)} plans: {min(shares):.1f} to {max(shares):.1f} %, mean {fmean(shares):.1f} %")
    print(f"Spearman of length and percentage: {spearman(lengths, shares):.2f}")
    by_length = sorted(texts, key=lambda name: whole[name][1])
    chosen = by_length[:: max(1, len(by_length) // HALVED)][:HALVED]
    gaps = {}
    for name in chosen:
        parts = [percent(part)[0] for part in halves(texts[name])]
        gaps[name] = whole[name][0] - fmean(parts)
        print(f"  {name}: whole {whole[name][0]:.1f}, halves {parts[0]:.1f} and {parts[1]:.1f}")
    most = max(gaps.values())
    print(f"halves of {len(gaps)} plans: {fmean(gaps.values()):.1f} points less on average, at most {most:.1f}")
    by_share = sorted(texts, key=lambda name: whole[name][0])
    first = max(0, (len(by_share) - GLUED) // 2)
    parts_names = by_share[first : first + GLUED]
    glued, _ = percent(b"\n".join(texts[name] for name in parts_names))
    best = max(whole[name][0] for name in parts_names)
    print(f"{len(parts_names)} plans glued: {glued:.1f} %, best of them {best:.1f} %")


if __name__ == "__main__":
    main()
