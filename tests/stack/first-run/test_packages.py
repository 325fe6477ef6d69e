"""The packages of the images: their date, and bills of materials that list exactly what is installed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from appliance import Appliance

SERVICES = {"app": "api", "redis": "redis", "nginx": "nginx", "monitoring": "prometheus"}
INSTALLED = """
import json
from importlib.metadata import distributions
print(json.dumps({found.metadata["Name"]: found.version for found in distributions()}))
"""


def plain(versions: dict[str, str]) -> dict[str, str]:
    """Return names as PEP 503 compares them."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in versions.items()}


@pytest.fixture(scope="module")
def bills(appliance: Appliance, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("sbom")
    written = appliance.run("sbom", str(folder)).split()
    return {Path(path).name.removesuffix(".cdx.json"): json.loads(Path(path).read_text()) for path in written}


def components(bill: dict[str, Any]) -> dict[str, str]:
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    binary = [part for part in bill["components"] if "arch=source" not in part.get("purl", "")]
    return {part["name"]: part["version"] for part in binary}


@pytest.mark.parametrize("image", SERVICES)
def test_each_debian_package_is_in_the_bill(appliance: Appliance, bills: dict[str, dict[str, Any]], image: str) -> None:
    query = ("dpkg-query", "--show", "--showformat", "${Package} ${Version}\\n")
    lines = appliance.compose("exec", "-T", SERVICES[image], *query).splitlines()

    assert components(bills[f"{image}-debian"]) == dict(line.split(" ") for line in lines)


def test_each_python_package_is_in_the_bill(appliance: Appliance, bills: dict[str, dict[str, Any]]) -> None:
    installed = json.loads(appliance.compose("exec", "-T", "api", "python", "-c", INSTALLED))
    installed.pop("decalogo")  # the subject of the bill
    listed = components(bills["app-python"])

    assert plain(listed) == plain(installed)
    assert bills["app-python"]["metadata"]["component"]["name"] == "decalogo"


def test_doctor_and_prometheus_know_the_age_of_the_packages(appliance: Appliance) -> None:
    query = ("promtool", "query", "instant", "http://prometheus-pages:9090/prometheus")
    shown = appliance.compose(
        "exec", "-T", "prometheus", *query, "count by (image) (decalogo_packages_timestamp_seconds)"
    )
    assert 'image="app"' in shown
    assert 'image="monitoring"' in shown
