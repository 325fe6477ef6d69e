"""Search for files that cost the most CPU time or memory per byte, format by format.

    python bench/cost_search.py [--seconds S] [--bytes N] [--seed S] [--keep FOLDER] [KIND...]

Each kind of `bench/costly.py` is a generator with whole numbers. The search starts with random numbers, then changes
the best ones found. Each file, of at most N bytes (default 1,000,000), is evaluated in a forked process like that of a
worker, under limits of CPU time and address space. The time is divided among the kinds.

The script prints the worst file per kind by CPU time and by memory: its numbers, size, CPU seconds, MiB, and how it
ended (read, refused with the error's name, killed by a limit). The exit status is 1 if a file reached a limit.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from costly import KINDS, Kind
from decalogo.errors import DocumentError
from decalogo.evaluation import evaluate
from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.rubric import load_rubric
from decalogo.memory import limit_address_space

CPU_SECONDS = 60
MEMORY = 1536 << 20
Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one file cost: its size in bytes, CPU time in seconds, resident memory in bytes, and how it ended."""

    numbers: Numbers
    size: int
    seconds: float
    memory: int
    ending: str


def measure(content: bytes, numbers: Numbers, ocr: str) -> Cost:
    """Evaluate a file in a forked process."""
    told, telling = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(told)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS + 5, CPU_SECONDS + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        limit_address_space(MEMORY)
        try:
            os.write(telling, _ending(content, ocr).encode())
        finally:
            os._exit(0)
    os.close(telling)
    with os.fdopen(told, "rb") as pipe:
        ending = pipe.read().decode()
    _, status, usage = os.wait4(pid, 0)
    if os.WIFSIGNALED(status):
        ending = f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return Cost(numbers, len(content), usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10, ending)


def _ending(content: bytes, ocr: str) -> str:
    try:
        evaluate(content, load_rubric("decalogo"), EvaluateOptions(ocr=OcrOptions(mode=ocr)))  # type: ignore[arg-type]
    except DocumentError as error:
        return f"{error.slug}: {error.detail[:60]}"
    except MemoryError:
        return "out of memory"
    except Exception as error:
        return f"defect: {error!r}"
    return "read"


@dataclass(slots=True)
class Search:
    """Hill climbing over the numbers of one kind."""

    name: str
    kind: Kind
    most_bytes: int
    random: random.Random
    tried: int = 0
    best: dict[str, Cost] = field(default_factory=dict)

    def run(self, seconds: float, ocr: str) -> None:
        """Try files for a time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            numbers = self._next()
            content = self._make(numbers)
            if content is None:
                continue
            cost = measure(content, numbers, ocr)
            self.tried += 1
            for measured in ("seconds", "memory"):
                if measured not in self.best or getattr(cost, measured) > getattr(self.best[measured], measured):
                    self.best[measured] = cost

    def _make(self, numbers: Numbers) -> bytes | None:
        """Return the file; ``None`` if it is too large, or takes too much to make."""
        if sum(number > 1 for number in numbers) and _product(numbers) > 1e13:
            return None
        try:
            content = _within(lambda: self.kind.make(*numbers), 20)
        except (MemoryError, TimeoutError, OverflowError, ValueError):
            return None
        return content if len(content) <= self.most_bytes else None

    def _next(self) -> Numbers:
        bounds = self.kind.bounds
        if not self.best or self.random.random() < 0.3:
            return tuple(self._between(low, high) for low, high in bounds)
        start = self.best[self.random.choice(["seconds", "memory"])].numbers
        changed = [*start]
        for index in self.random.sample(range(len(bounds)), self.random.randint(1, min(2, len(bounds)))):
            low, high = bounds[index]
            factor = self.random.choice([0.5, 0.8, 1.25, 2, 4, 10])
            changed[index] = min(high, max(low, round(changed[index] * factor)))
        return tuple(changed)

    def _between(self, low: int, high: int) -> int:
        return round(low * (high / low) ** self.random.random())


def _product(numbers: Numbers) -> float:
    product = 1.0
    for number in numbers:
        product *= number
    return product


def _within(make: object, seconds: int) -> bytes:
    """Call a generator for at most some seconds."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        return make()  # type: ignore[operator, no-any-return]
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def main() -> int:
    """Search, and print the worst files."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"one of: {', '.join(KINDS)}; default: all")
    parser.add_argument("--seconds", type=float, default=1800, help="time for all kinds")
    parser.add_argument("--bytes", type=int, default=1_000_000, help="greatest size of a file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ocr", choices=("auto", "never"), default="never", help="text recognition (default: never)")
    parser.add_argument("--keep", type=Path, help="folder for the worst files")
    arguments = parser.parse_args()
    names = arguments.kinds or [*KINDS]
    load_rubric("decalogo")
    print(f"{'kind':16} {'tried':>5} {'worst by':8} {'bytes':>9} {'CPU s':>7} {'MiB':>6}  ending, numbers")
    over = False
    for name in names:
        search = Search(name, KINDS[name], arguments.bytes, random.Random(f"{arguments.seed} {name}"))
        search.run(arguments.seconds / len(names), arguments.ocr)
        for measured, cost in search.best.items():
            over |= cost.seconds > CPU_SECONDS or cost.ending.startswith(("killed", "out of"))
            print(
                f"{name:16} {search.tried:5} {measured:8} {cost.size:9,} {cost.seconds:7.1f} {cost.memory >> 20:6}  "
                f"{cost.ending} {cost.numbers}",
                flush=True,
            )
            if arguments.keep:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                (arguments.keep / f"{name.replace(' ', '-')}-{measured}").write_bytes(KINDS[name].make(*cost.numbers))
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
