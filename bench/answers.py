"""Draw random answers for a reader who checks whether the quotes answer the question about the point.

    python bench/answers.py [--seed N] [--count 50] FILE...

Answers with a score above 0 are drawn from all documents. The same seed, files, rubric and code give the same draw.
Each answer is printed with its document, id, score, the title of the question, and every element found with its quotes,
their page and the nearest heading.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

from decalogo.evaluation.documents.model import Extracted, OcrOptions
from decalogo.evaluation.extract import extract
from decalogo.evaluation.pipeline import evaluate_extracted
from decalogo.evaluation.rubric import load_rubric


def heading(document: Extracted, page: int, start: int) -> str:
    """Return the nearest heading above a place."""
    around = [passage for passage in document.passages if passage.page == page and passage.start <= start]
    return around[-1].section[-1] if around and around[-1].section else ""


def main() -> None:
    """Print the answers drawn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=50)
    given = parser.parse_args()
    rubric = load_rubric("decalogo")
    titles = {question.id: question.title for dimension in rubric.data.dimensions for question in dimension.questions}
    points = {point.id: point.short for point in rubric.data.points}
    found: list[tuple[str, Extracted, dict[str, Any]]] = []
    for file in given.files:
        document = extract(file, ocr=OcrOptions(mode="never"))
        result = evaluate_extracted(document, rubric, content=file).result
        found += [(file.stem, document, answer) for answer in result["answers"] if answer["score"]]
    drawn = random.Random(given.seed).sample(found, given.count)
    for number, (name, document, answer) in enumerate(drawn, 1):
        asked = f"{titles[answer['question']]} | {points[answer['point']]}"
        print(f"\n{number}. {name} {answer['id']} {answer['score']:g}: {asked}")
        if answer["measure"]:
            print(f"   {answer['measure']}")
        for item in answer["evidence"]:
            quote = " ".join(item["quote"].split())
            above = heading(document, item["page"], item["start"])[:60]
            print(f"   {item['element']} p{item['page']} [{above}] «{' '.join(item['matched'].split())}»: {quote}")


if __name__ == "__main__":
    main()
