"""Each image lists its packages and the day on which they were installed, next to the installation itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.deployment.checkout import ROOT

DOCKERFILES = sorted((ROOT / "images").glob("*/Dockerfile"))
SHIPPED = [path for path in DOCKERFILES if path.parent.name != "loadtest"]


def stage(path: Path, name: str) -> str:
    """Return the instructions of a build stage."""
    (found,) = re.findall(rf"^FROM \S+ AS {name}\n(.*?)(?=^FROM |\Z)", path.read_text(), re.DOTALL | re.MULTILINE)
    return str(found)


def test_there_are_images() -> None:
    assert {path.parent.name for path in SHIPPED} == {"app", "monitoring", "nginx", "redis"}


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_the_layer_of_the_packages_records_them(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    first = re.search(r"^RUN apt-get update.*?(?<!\\)\n", text, re.DOTALL | re.MULTILINE)
    assert first
    # In the same layer: a cached layer keeps the date of its packages, whatever the date of the image.
    assert "date -u +%FT%TZ >/usr/share/decalogo/packages-date" in first[0]
    assert ">/usr/share/decalogo/packages.tsv" in first[0]
    assert text.index("ARG PACKAGES_FROM=") < first.start()
    if path in SHIPPED:
        assert "apt-get upgrade -y" in first[0]  # the base image may be older


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_the_build_writes_the_bills_of_materials(path: Path) -> None:
    # The same text everywhere, so that the engine builds the stage once.
    assert stage(path, "sbom-tools") == stage(SHIPPED[0], "sbom-tools")
    assert "/var/lib/dpkg/status /src/root/var/lib/dpkg/status" in stage(path, "sbom")
    assert f"RUN sh /usr/local/bin/sbom {path.parent.name}" in stage(path, "sbom")
    last = path.read_text().rsplit("\nFROM ", 1)[1]
    assert "COPY --from=sbom /sbom /usr/share/decalogo/sbom" in last
