"""Inputs made to cost time: each must end soon, as a result or as a document error."""

import time
from contextlib import suppress

import pytest

from decalogo.errors import DocumentError, DocumentTooLargeError
from decalogo.evaluation.extract import extract

MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "content",
    [
        "." * MEGABYTE + "x",
        "a" + "." * 50_000 + " x\n" + ". " * 50_000 + "x",
        "palabra" + "\xad" + " " * MEGABYTE + ".",
        "a-" + " " * MEGABYTE + "\n",
        "-\n" * 100_000,
        "a-\n" * 100_000,
        "1" * MEGABYTE,
        "1\n" * 100_000,
        "\n".join(f"{n} Plan de desarrollo" for n in range(50_000)),
        "A" * MEGABYTE,
        "• " * 100_000,
        "CAPÍTULO I\n" * 60_000,
        "e\u0301" * 100_000,
        "Meta\t2024\t100 %\n" * 40_000,
        "(" * 100_000,
        "- " * 100_000 + "1",
        "Programa " + "x " * 100_000,
    ],
    ids=range(17),
)
def test_a_text_made_to_be_slow_is_read_in_seconds(content):
    started = time.process_time()
    with suppress(DocumentError):
        extract(content.encode())
    assert time.process_time() - started < 20


def test_a_text_too_long_for_its_pages_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "largo.txt"
    path.write_bytes(b"a " * 50_000)
    with pytest.raises(DocumentTooLargeError, match="100,000 bytes"):
        extract(path, max_pages=10)
