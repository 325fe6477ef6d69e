"""Draw random answers for a reader who checks whether the quotes answer the question about the point.

    python bench/answers.py [--seed N] [--count 50] [--zeros 0] [--output FILE] FILE...

``--count`` answers with a score above 0 and ``--zeros`` answers with score 0 are drawn from all documents. The same
seed, files, rubric and code give the same draw. Each answer has its document, id, score, the title of the question and
what its elements ask for. A found element has all its quotes, each between marks in the text around it, with page,
offset and heading. An answer with score 0 has the passages that are named as possible, and the places that treat the
point most, to start the search from.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from typing import Any, TextIO

from decalogo.evaluation.documents.model import Extracted, OcrOptions
from decalogo.evaluation.extract import extract
from decalogo.evaluation.pipeline import evaluate_extracted
from decalogo.evaluation.rubric import Rubric, load_rubric
from decalogo.evaluation.rubric import model as rules

AROUND = 300
"""Characters before and after a quote."""
PLACES = 5
"""Places that are named for an answer with score 0."""


def heading(document: Extracted, page: int, start: int) -> str:
    """Return the headings above a place, outermost first."""
    around = [passage for passage in document.passages if passage.page == page and passage.start <= start]
    return " > ".join(around[-1].section) if around else ""


def in_context(document: Extracted, item: dict[str, Any]) -> str:
    """Return a quote between marks, with the text around it."""
    text = document.pages[item["page"] - 1].text
    start, end = item["start"], item["end"]
    parts = text[max(0, start - AROUND) : start], text[start:end], text[end : end + AROUND]
    before, quote, after = (" ".join(part.split()) for part in parts)
    return f"… {before} «{quote}» {after} …"


def elements_of(rubric: Rubric) -> dict[str, dict[str, str]]:
    """Return for each question the labels of its elements by name."""
    return {
        question.id: {element.name: element.label for element in rules.elements_of(question.rule)}
        for dimension in rubric.data.dimensions
        for question in dimension.questions
    }


def treated(document: Extracted, answers: list[dict[str, Any]], point: str) -> list[str]:
    """Return the places of a document with most evidence about a point."""
    places: dict[tuple[int, int], tuple[int, dict[str, Any]]] = {}
    for answer in answers:
        for item in answer["evidence"] if answer["point"] == point else ():
            place = item["page"], item["start"] // 2000
            places[place] = places.get(place, (0,))[0] + 1, item
    best = sorted(places.values(), key=lambda found: (-found[0], found[1]["page"], found[1]["start"]))[:PLACES]
    return [
        f"page {item['page']}, character {item['start']}, under [{heading(document, item['page'], item['start'])}]"
        for _, item in best
    ]


def main() -> None:
    """Print the answers drawn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--zeros", type=int, default=0)
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    rubric = load_rubric("decalogo")
    documents: dict[str, tuple[Path, Extracted, list[dict[str, Any]]]] = {}
    for file in given.files:
        document = extract(file, ocr=OcrOptions(mode="never"))
        documents[file.stem] = file, document, evaluate_extracted(document, rubric, content=file).result["answers"]
    every = [(name, answer) for name, (_, _, answers) in documents.items() for answer in answers]
    chance = random.Random(given.seed)
    drawn = chance.sample([item for item in every if item[1]["score"]], given.count)
    drawn += chance.sample([item for item in every if not item[1]["score"]], given.zeros)
    target = given.output.open("w", encoding="utf-8") if given.output else sys.stdout
    for number, (name, answer) in enumerate(drawn, 1):
        show(target, number, rubric, *documents[name], answer)


def show(
    target: TextIO,
    number: int,
    rubric: Rubric,
    file: Path,
    document: Extracted,
    answers: list[dict[str, Any]],
    answer: dict[str, Any],
) -> None:
    """Write one answer."""
    titles = {question.id: question.title for dimension in rubric.data.dimensions for question in dimension.questions}
    points = {point.id: point.title for point in rubric.data.points}
    print(f"\n{number}. {file.name} {answer['id']} score {answer['score']:g}", file=target)
    print(f"   question: {titles[answer['question']]}\n   point: {points[answer['point']]}", file=target)
    if answer["measure"]:
        print(f"   measure: {answer['measure']}", file=target)
    for name, label in elements_of(rubric)[answer["question"]].items():
        found = answer["elements"].get(name, False)
        print(f"   {'FOUND' if found else 'not found'}: {name} ({label})", file=target)
        for item in answer["evidence"] if found else ():
            if item["element"] == name:
                above = heading(document, item["page"], item["start"])
                print(f"     page {item['page']}, character {item['start']}, under [{above}]", file=target)
                print(f"     {in_context(document, item)}", file=target)
    if not answer["score"]:
        for item in answer["possible"]:
            above = heading(document, item["page"], item["start"])
            print(f"   possible: {item['element']}, page {item['page']}, under [{above}]", file=target)
            print(f"     {in_context(document, item)}", file=target)
        for place in treated(document, answers, answer["point"]) or ["no quote about this point anywhere"]:
            print(f"   look at: {place}", file=target)


if __name__ == "__main__":
    main()
