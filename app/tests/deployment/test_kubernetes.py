"""The sketch for Kubernetes is YAML that names what there is; whether it runs was not tried (docs/scaling.md)."""

import re
from pathlib import Path
from typing import Any

import yaml

from decalogo.settings import variable_names

DOCS = Path(__file__).resolve().parents[3] / "docs"


def objects() -> dict[str, dict[str, Any]]:
    found = list(yaml.safe_load_all((DOCS / "kubernetes/workers.yaml").read_text(encoding="utf-8")))
    return {f"{thing['kind']}/{thing['metadata']['name']}": thing for thing in found}


def test_the_objects_refer_to_each_other() -> None:
    found = objects()
    scaled = found["ScaledObject/decalogo-worker"]["spec"]
    assert f"Deployment/{scaled['scaleTargetRef']['name']}" in found
    assert f"TriggerAuthentication/{scaled['triggers'][0]['authenticationRef']['name']}" in found


def test_settings_and_metrics_are_ones_that_exist() -> None:
    found = objects()
    pod = found["Deployment/decalogo-worker"]["spec"]["template"]["spec"]
    given = {row["name"] for row in pod["containers"][0]["env"]}
    assert {name for name in given if name.startswith("DECALOGO_")} <= set(variable_names())
    query = found["ScaledObject/decalogo-worker"]["spec"]["triggers"][0]["metadata"]["query"]
    names = set(re.findall(r"decalogo_\w+", query))
    assert names
    assert not [name for name in names if f"`{name}`" not in (DOCS / "metrics.md").read_text(encoding="utf-8")]


def test_the_pods_are_confined_as_the_containers_are() -> None:
    pod = objects()["Deployment/decalogo-worker"]["spec"]["template"]["spec"]
    context = pod["containers"][0]["securityContext"]
    assert (context["readOnlyRootFilesystem"], context["allowPrivilegeEscalation"]) == (True, False)
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["containers"][0]["resources"]["limits"].keys() == {"cpu", "memory"}
