"""The age of the Debian packages as a metric."""

from __future__ import annotations

from pathlib import Path

import pytest

from decalogo.metrics import exposition

NAME = "decalogo_packages_timestamp_seconds"


def test_services_of_an_image_report_when_its_packages_were_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "packages-date").write_text("2026-01-01T00:00:00Z\n")
    monkeypatch.setattr(exposition, "PACKAGES_DATE", tmp_path / "packages-date")

    registry, _ = exposition.new_registry("api")

    assert registry.get_sample_value(NAME, {"image": "app"}) == 1767225600


def test_outside_of_an_image_there_is_no_such_metric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposition, "PACKAGES_DATE", tmp_path / "packages-date")
    registry, _ = exposition.new_registry("api")
    assert registry.get_sample_value(NAME, {"image": "app"}) is None
