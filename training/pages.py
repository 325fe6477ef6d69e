#!/usr/bin/env python3
"""Whole pages, in which a reader decided every block: derive an excerpt's labels for each point, and check the files.

``python training/pages.py --corpus DIR`` checks hashes, blocks, keys and quotes, and counts the labels.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "labels"
POINTS = [f"P{number}" for number in range(1, 11)]


def read_pages(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """Return the rows of all files of whole pages, one per excerpt."""
    files = sorted(folder.glob("pages-*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines() if line]


def page_labels(row: dict[str, Any], point: str, keys: Iterable[str]) -> dict[str, Any]:
    """Return what an excerpt says of a point: each key 1, 0, or "?" where a block leaves it open and none states it.

    A block that may be about the point (``open_points``) leaves open what it states.
    """
    about = [block for block in row["units"] if point in block["points"]]
    perhaps = [block for block in row["units"] if point in block.get("open_points", ())]
    stated = {key for block in about for key in block["stated"]}
    unsure = {key for block in about for key in block["open"]}
    unsure |= {key for block in perhaps for key in (*block["stated"], *block["open"])}
    return {key: 1 if key in stated else "?" if key in unsure else 0 for key in keys}


def problems(row: dict[str, Any], text: str, keys: Collection[str]) -> list[str]:
    """Return what is wrong with an excerpt: blocks that leave out text or overlap, unknown keys, quotes elsewhere."""
    found = []
    at = 0
    for block in row["units"]:
        start, end = block["start"], block["end"]
        if start < at or end <= start or text[at:start].strip(" \n\t\f"):
            found.append(f"block {start}-{end} does not follow {at}")
        at = end
        named = [*block["stated"], *block["open"], *block.get("spans", {})]
        found += [f"unknown key {key}" for key in named if key not in keys]
        perhaps = block.get("open_points", [])
        found += [f"unknown point {point}" for point in [*block["points"], *perhaps] if point not in POINTS]
        found += [f"{point} is told and open" for point in set(block["points"]) & set(perhaps)]
        found += [f"{key} is stated and open" for key in set(block["stated"]) & set(block["open"])]
        for key, (first, last) in block.get("spans", {}).items():
            if key not in block["stated"] or not start <= first < last <= end:
                found.append(f"quote of {key} at {first}-{last} is not of block {start}-{end}")
    if text[at:].strip():
        found.append(f"no block holds the text from {at} on")
    return [f"{row['id']}: {one}" for one in found]


def main() -> None:
    """Check all files of whole pages and print how many labels they hold."""
    from examples import Corpus

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--corpus", type=Path, required=True, help="folder with the texts that the labels refer to")
    texts = Corpus(parser.parse_args().corpus)
    keys = json.loads((FOLDER / "element-map.json").read_text(encoding="utf-8"))
    rows = read_pages()
    wrong = [one for row in rows for one in problems(row, texts.text(row), keys)]
    counts = Counter(label for row in rows for point in POINTS for label in page_labels(row, point, keys).values())
    blocks = [block for row in rows for block in row["units"]]
    print(f"{len(rows)} excerpts of {len({row['file'] for row in rows})} plans, {len(blocks)} blocks")
    print(f"{sum(not block['points'] for block in blocks)} blocks are about no point")
    print(f"labels by point: {counts[1]} present, {counts[0]} absent, {counts['?']} open")
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    main()
