"""Each image lists its packages and the day on which they were installed, next to the installation itself."""

from __future__ import annotations

import re

import pytest

from tests.deployment.checkout import ROOT

DOCKERFILES = sorted((ROOT / "images").glob("*/Dockerfile"))


def test_there_are_images() -> None:
    assert {path.parent.name for path in DOCKERFILES} >= {"app", "monitoring", "nginx", "redis"}


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_the_layer_of_the_packages_records_them(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    first = re.search(r"^RUN apt-get update.*?(?<!\\\\)\n(?!    )", text, re.DOTALL | re.MULTILINE)
    assert first
    # In the same layer: a cached layer keeps the date of its packages, whatever the date of the image.
    assert "date -u +%FT%TZ >/usr/share/decalogo/packages-date" in first[0]
    assert ">/usr/share/decalogo/packages.tsv" in first[0]
    assert text.index("ARG PACKAGES_FROM=") < first.start()
