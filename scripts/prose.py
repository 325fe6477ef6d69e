"""Report the length of sentences in pages, docstrings and comments: `python3 scripts/prose.py [--check] [PATH …]`.

With --check, the exit status is 1 if an area has an average above AVERAGE words, or a sentence above LONGEST words.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

AVERAGE, LONGEST = 20, 38
ROOT = Path(__file__).resolve().parents[1]
COMMENTED = re.compile(r"(\.(sh|ya?ml|conf|env|service|mtail|toml)|Dockerfile|/[a-z-]+)$")
SKIPPED = re.compile(
    r"^(app/tests/data|bench/labelled|docs/(sample|tuning)|app/src/decalogo/rubrics|.*\.lock$|.*primer-lote\.md$|CHANGELOG\.md$)"
)
# A paragraph ends at a blank line, a list item, a table row, a heading, or the description of an argument.
BREAK = re.compile(r"^\s*([-*#|>]|\d+\.|:|@|\w+:$|\S+   )|^ {4,}[\w`*, ]+: |^ {3,}\S")
END = re.compile(r"(?<=[.!?:])[\"')]?\s+(?=[A-Z`\"'(\[*0-9])")


def main() -> int:
    """Print the report; return the exit status."""
    words: dict[str, list[int]] = defaultdict(list)
    long: list[str] = []
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    for path in files(arguments):
        for line, text in blocks(path):
            for sentence in END.split(text):
                count = len(re.findall(r"[\w'’/.-]*[A-Za-zÀ-ÿ][\w'’/.-]*", sentence))
                if count < 3:
                    continue
                words[area(path)].append(count)
                if count > LONGEST:
                    long.append(f"{path.relative_to(ROOT)}:{line}: {count} words: {sentence}")
    failed = bool(long)
    print("\n".join(long))
    for name, counts in sorted(words.items()):
        average = sum(counts) / len(counts)
        failed |= average > AVERAGE
        print(f"{name:<12} {len(counts):6} sentences, average {average:4.1f} words, longest {max(counts)}")
    return int(failed and "--check" in sys.argv)


def files(arguments: list[str]) -> list[Path]:
    """Return the tracked files that may hold prose."""
    listed = subprocess.run(["git", "ls-files", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    names = [name for name in listed.stdout.splitlines() if not SKIPPED.search(name)]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def area(path: Path) -> str:
    """Return the part of the repository that a file belongs to."""
    name = path.relative_to(ROOT).as_posix()
    return (
        "pages"
        if name.endswith(".md")
        else "tests"
        if "tests/" in name
        else "app"
        if name.startswith("app/")
        else "operation"
    )


def blocks(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the paragraphs of a file with their first line."""
    if path.suffix == ".md":
        yield from paragraphs(enumerate(without_code(path.read_text(encoding="utf-8")), 1))
    elif path.suffix == ".py":
        text = path.read_text(encoding="utf-8")
        yield from docstrings(ast.parse(text))
        yield from paragraphs(comments(text, "#"))
    elif path.suffix == ".lua":
        yield from paragraphs(comments(path.read_text(encoding="utf-8"), "--"))
    elif COMMENTED.search(path.as_posix()):
        yield from paragraphs(comments(path.read_text(encoding="utf-8"), "#"))


def without_code(text: str) -> list[str]:
    """Return the lines of a page, empty inside of code blocks."""
    inside, lines = False, []
    for line in text.splitlines():
        fence = line.lstrip().startswith("```")
        inside ^= fence
        lines.append("" if inside or fence else line)
    return lines


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the paragraphs of every docstring."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(
            node
        ):
            first = getattr(node, "lineno", 1)
            lines = (ast.get_docstring(node) or "").splitlines()
            yield from ((first, text) for _, text in paragraphs(enumerate(lines, first)))


def comments(text: str, mark: str) -> Iterator[tuple[int, str]]:
    """Yield each line with the text of its comment, empty where it has none."""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        is_comment = stripped.startswith(mark + " ") and not re.match(r"# (shellcheck|type:|noqa|ruff)|#!", stripped)
        yield number, re.sub(r"^ +", "- ", stripped.removeprefix(mark + " ")) if is_comment else ""


def paragraphs(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Join consecutive lines to paragraphs."""
    start, held = 0, []
    for number, line in lines:
        if held and (not line.strip() or BREAK.match(line)):
            yield start, " ".join(held)
            held = []
        if line.strip() and not re.match(r"^\s*[|#]", line):
            start = start if held else number
            held.append(re.sub(r"^\s*([-*>]|\d+\.)\s+", "", line).strip())
    if held:
        yield start, " ".join(held)


if __name__ == "__main__":
    sys.exit(main())
