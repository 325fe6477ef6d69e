"""The program ``tesseract`` as a process per image: words with their places, and the orientation of a page.

The same image, program and language data give the same answer. Images are grey, in memory, one process with one thread.
"""

from __future__ import annotations

import functools
import math
import os
import re
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from decalogo.evaluation.documents.sheets import Box
from decalogo.memory import limit_address_space

if TYPE_CHECKING:
    from PIL.Image import Image

PROGRAM = "tesseract"
_ORIENTATION = "osd"
"""Name of the language data that tell a page's orientation."""
_LEAST_CONFIDENCE = 30
"""Minimum confidence of a word, percent. Below it, most "words" are specks and drawings."""
_MEMORY = 1 << 30
"""Address space of the program, bytes; a dense page of 20 million pixels needs 400 MiB."""
_WORD_LEVEL = "5"
_ROTATE = re.compile(rb"Rotate: (\d+)\s+Orientation confidence: ([\d.]+)")


class Word(NamedTuple):
    """A word, its place in pixels, and how sure tesseract is of it, percent."""

    text: str
    box: Box
    confidence: float


class Limits(NamedTuple):
    """Until when a page is recognised: monotonic time, and CPU time of this process and its programs, seconds."""

    end: float
    cpu_end: float


def cpu_seconds() -> float:
    """Return the CPU time of this process and of the programs that it has run, seconds."""
    return sum(os.times()[:4])


Words = list[list[Word]]
"""The lines of an image as words."""


@functools.cache
def _languages(path: str) -> frozenset[str]:
    listed = subprocess.run([path, "--list-langs"], capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    return frozenset(listed.stdout.split())


@functools.cache
def program(language: str) -> str | None:
    """Return the path of tesseract; ``None`` if it or its data for ``language`` is not installed."""
    path = shutil.which(PROGRAM)
    return path if path and language in _languages(path) else None


@functools.cache
def version(path: str) -> str:
    """Return the first line of what the program tells of its version."""
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    return told.stdout.partition("\n")[0]


def read_words(image: Image, dpi: int, language: str, limits: Limits) -> Words:
    """Return the lines that an image shows; none when tesseract refuses it. Raises ``TimeoutError``."""
    path = program(language)
    options = ["-l", language, "--dpi", str(dpi), "--psm", "3", "-c", "tessedit_create_tsv=1"]
    return _lines(_run(path, image, options, limits).decode(errors="replace")) if path else []


def find_rotation(image: Image, dpi: int, limits: Limits) -> int | None:
    """Return by how many degrees, clockwise, to turn an image so that its text is upright; ``None`` if unknown."""
    path = shutil.which(PROGRAM)
    if path is None or _ORIENTATION not in _languages(path):
        return None
    options = ["-l", _ORIENTATION, "--dpi", str(dpi), "--psm", "0"]
    match = _ROTATE.search(_run(path, image, options, limits))
    return int(match[1]) if match and float(match[2]) >= 1 else None


def _run(path: str, image: Image, options: Sequence[str], limits: Limits) -> bytes:
    """Return what tesseract answers about an image; nothing when it refuses it. Raises ``TimeoutError``."""
    data = b"P5 %d %d 255\n" % image.size + image.tobytes()
    kept = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX") if name in os.environ}
    with subprocess.Popen(  # noqa: S603 - the command line contains no user input
        [path, "stdin", "stdout", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=kept | {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C"},
    ) as process:
        if hasattr(resource, "prlimit"):  # the process ends by itself if this one is killed
            limit = math.ceil(max(0.0, limits.cpu_end - cpu_seconds())) + 1
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (limit, limit + 1))  # at the second one, SIGKILL
            limit_address_space(_MEMORY, process.pid)
        try:
            output, _ = process.communicate(data, timeout=limits.end - time.monotonic())
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise TimeoutError from error
        except BaseException:  # a time limit that comes as an exception: do not wait for the program
            process.kill()
            raise
    if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise TimeoutError
    return output if process.returncode == 0 else b""


def _lines(table: str) -> Words:
    """Return the lines of tesseract's table of words (tab-separated)."""
    rows = (row.split("\t") for row in table.splitlines())
    words = (row for row in rows if len(row) == 12 and row[0] == _WORD_LEVEL)
    lines: Words = []
    for _, line in groupby(words, key=lambda row: row[1:5]):
        sure = [
            Word(row[11], _box(*map(float, row[6:10])), float(row[10]))
            for row in line
            if float(row[10]) >= _LEAST_CONFIDENCE and row[11].strip()
        ]
        if any(char.isalnum() for word in sure for char in word.text):
            lines.append(sure)
    return lines


def _box(left: float, top: float, width: float, height: float) -> Box:
    return Box(left, top, left + width, top + height)
