"""The version is stated once and followed everywhere."""

import re
import tomllib
from pathlib import Path

from typer.testing import CliRunner

import decalogo
from decalogo.cli.main import app

ROOT = Path(__file__).resolve().parents[3]
VERSION = tomllib.loads((ROOT / "app/pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def test_the_command_line_prints_the_version_of_the_package() -> None:
    assert decalogo.__version__ == VERSION
    assert CliRunner().invoke(app, ["--version"]).output.strip() == f"decalogo {VERSION}"


def test_images_are_tagged_with_the_version() -> None:
    files = [*ROOT.glob("compose*.yaml"), ROOT / "loadtest/compose.yaml"]
    tags = {tag for file in files for tag in re.findall(r"\$\{IMAGE_TAG:-([^}]*)\}", file.read_text(encoding="utf-8"))}
    assert tags == {VERSION}


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    entries = re.findall(r"^## \[?([\w.]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert entries[0] == VERSION
