"""Write dashboards/*.json from boards.py: `.venv/bin/python grafana/generate.py`. Commit what it writes."""

from __future__ import annotations

from pathlib import Path

from boards import BOARDS
from panels import render

FOLDER = Path(__file__).parent / "dashboards"


def main() -> None:
    """Write every dashboard and remove what none of them is any more."""
    for board in BOARDS:
        (FOLDER / f"{board.uid}.json").write_text(render(board), encoding="utf-8")
    for file in FOLDER.glob("*.json"):
        if file.stem not in {board.uid for board in BOARDS}:
            file.unlink()


if __name__ == "__main__":
    main()
