"""Options of ``./appliance loadtest``, validated before anything starts."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from loadtest.rows import rows

UI_WORKERS = 2
PARTS = ("scaling", "saturation", "sweeps", "presets", "reach", "people", "country", "soak")
"""Parts of a report in the order of their run."""


def read(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line (``words`` for tests); exit with status 2 if it is invalid."""
    parser = argparse.ArgumentParser(
        prog="./appliance loadtest", description="Run the sizing profiles as load tests and assess them."
    )
    _add_what_runs(parser)
    _add_how(parser)
    asked = parser.parse_args(words)
    _check(parser, asked)
    asked.locust_workers = asked.locust_workers or (UI_WORKERS if asked.ui else 1)
    return asked


def _add_what_runs(parser: argparse.ArgumentParser) -> None:
    names = list(rows())
    parser.add_argument(
        "--row", action="append", choices=names, metavar="NAME", help=f"profile: {', '.join(names)}; repeatable"
    )
    parser.add_argument("--all", action="store_true", help="all ten profiles, scaling and saturation points")
    parser.add_argument(
        "--saturation", action="store_true", help="saturation points of uploads, status requests and documents"
    )
    parser.add_argument("--scaling", action="store_true", help="documents per hour with 0.5 to 2 CPUs for the workers")
    parser.add_argument("--sweeps", action="store_true", help="vary concurrency, prefetch and tasks per child")
    parser.add_argument(
        "--presets",
        action="store_true",
        help="compare the presets with the default",
    )
    parser.add_argument(
        "--country",
        type=_count,
        nargs="?",
        const=1103,
        metavar="DOCUMENTS",
        help="number of documents in one run (1103): plans of 300 pages, or those of --documents",
    )
    parser.add_argument(
        "--reach", action="store_true", help="cost per document of the shared services, with 64 to 512 worker processes"
    )
    parser.add_argument(
        "--people",
        type=_count,
        nargs="?",
        const=50,
        metavar="SESSIONS",
        help="people with sessions of the console (50) and a full queue",
    )
    parser.add_argument("--soak", type=_minutes, metavar="MINUTES", help="80 %% of the saturation point for this time")
    parser.add_argument(
        "--ui", action="store_true", help="start the profile and the Locust page on 127.0.0.1:8089, until Ctrl-C"
    )
    parser.add_argument(
        "--again",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="only write the report again, from one or several report.json",
    )


def _add_how(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=_minutes, default=1.0, help="minutes of full load per profile (1)")
    parser.add_argument(
        "--documents", type=Path, metavar="FOLDER", help="your own documents; default: 100 pages of a real plan"
    )
    parser.add_argument(
        "--locust-workers",
        type=_count,
        metavar="N",
        help=f"Locust processes (1; {UI_WORKERS} with --ui)",
    )
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="folder of the report (var/loadtest/DATE)")
    parser.add_argument("--save-model", action="store_true", help="save the result as the data of `decalogo plan`")
    parser.add_argument("--keep", action="store_true", help="leave the appliance running at the end")


def anything_but_rows(asked: argparse.Namespace) -> bool:
    """Return whether a part was requested that needs no measured row."""
    return any(getattr(asked, part) for part in PARTS)


def _check(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> None:
    if asked.ui and (asked.all or anything_but_rows(asked) or asked.again or len(asked.row or []) > 1):
        parser.error("--ui starts one profile and runs no part itself")
    if asked.save_model and not (asked.again or asked.all or asked.row) and (asked.ui or anything_but_rows(asked)):
        parser.error("--save-model needs profiles: use --row, --all, or --again with the report of such a run")
    for file in asked.again or []:
        if not file.is_file():
            parser.error(f"--again: {file} is not a file")


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 1")
    return int(text)


def _minutes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of minutes above 0")
    return value
