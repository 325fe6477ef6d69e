"""`.env.example` is complete, and every `DECALOGO_*` in `.env` takes effect or is refused by name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from decalogo.errors import SettingsError
from decalogo.settings import variable_names
from decalogo.setup.operator_settings import (
    SHORT_NAMES,
    check_operator_variables,
    compose_service,
    long_names,
    passed_through,
)
from tests.deployment.checkout import ROOT

COMPOSE_FILES = (*sorted(ROOT.glob("compose*.yaml")), *sorted((ROOT / "config/compose").glob("*.yaml")))
# Read by the scripts and not by Compose.
BY_SCRIPTS = {"COMPOSE_PROJECT_NAME", "EMBEDDED_PORT", "GRAFANA", "HOSTS_ADDRESS"}
# A default that is a volume means that no folder is given.
VOLUMES = {"TLS_DIR": "secrets-nginx", "ACME_DIR": "acme", "ALERT_SECRETS_DIR": "secrets-alertmanager"}


def examples() -> dict[str, str]:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^# ([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))


def nginx_default(name: str) -> str:
    """Return the default of a limit, which images/nginx/configure has."""
    found = re.search(rf'"\$\(number {name} (\d+)\)"', (ROOT / "images/nginx/configure").read_text(encoding="utf-8"))
    assert found, name
    return found[1]


def read_by_compose() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in COMPOSE_FILES:
        for name, default in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", path.read_text(encoding="utf-8")):
            assert found.setdefault(name, default) == default, f"{name} has two defaults"
    return found


def test_the_example_names_every_variable_of_the_compose_files_with_its_default() -> None:
    found = examples()
    for name, default in read_by_compose().items():
        expected = "" if VOLUMES.get(name) == default else default
        assert name in found, f"{name} is missing in .env.example"
        assert found[name] == (nginx_default(name) if name.startswith("NGINX_") else expected), name


def test_the_example_names_nothing_that_is_not_read() -> None:
    thresholds = re.findall(r"^([A-Z_]+)=", (ROOT / "config/prometheus/thresholds.env").read_text(), re.MULTILINE)
    known = {*read_by_compose(), *BY_SCRIPTS, *thresholds, *passed_through()}
    assert not examples().keys() - known


def environments() -> dict[str, dict[str, Any]]:
    """Return the environment of each service as the compose files have it."""
    found: dict[str, dict[str, Any]] = {}
    for path in COMPOSE_FILES:
        for name, service in yaml.safe_load(path.read_text(encoding="utf-8"))["services"].items():
            found[f"{path.name}: {name}"] = service.get("environment") or {}
    return found


def test_the_list_for_compose_is_current() -> None:
    written = (ROOT / "config/compose/settings.yaml").read_text(encoding="utf-8")
    assert written == compose_service(), "decalogo settings --compose > config/compose/settings.yaml"


def test_what_the_compose_files_set_is_refused_in_env_and_the_rest_is_passed_on() -> None:
    fixed = {
        name
        for service, environment in environments().items()
        for name, value in environment.items()
        if name.startswith("DECALOGO_") and value is not None and service != "settings.yaml: settings"
    }
    assert not fixed & set(passed_through())
    assert set(SHORT_NAMES) <= fixed
    for name, short in SHORT_NAMES.items():
        values = {str(e[name]) for e in environments().values() if name in e and str(e[name]).startswith("${")}
        assert all(value.startswith(f"${{{short}:-") for value in values), name


@pytest.mark.parametrize("name", sorted(variable_names()))
def test_every_setting_is_accepted_or_refused_by_name(name: str) -> None:
    if name in passed_through():
        check_operator_variables(["HOME", name])
    else:
        with pytest.raises(SettingsError, match=f"^{name} has no effect"):
            check_operator_variables(["HOME", name])


def test_a_setting_with_a_short_name_is_refused_with_that_name() -> None:
    with pytest.raises(SettingsError, match="set WORKER_CONCURRENCY instead"):
        check_operator_variables(["DECALOGO_QUEUE__CONCURRENCY"])


def test_a_misspelt_setting_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(SettingsError, match="did you mean DECALOGO_STORAGE__RETENTION_DAYS"):
        check_operator_variables(["DECALOGO_STORAGE__RETENTION_DAY"])


def test_short_names_apply_to_local_processes() -> None:
    given = {"LOG_LEVEL": "DEBUG", "WORKER_TASKS_PER_CHILD": "7", "API_PROCESSES": "", "PATH": "/bin"}
    assert long_names(given) == {"DECALOGO_LOG__LEVEL": "DEBUG", "DECALOGO_QUEUE__MAX_TASKS_PER_CHILD": "7"}


def test_the_setup_service_sees_nothing_but_env_so_that_it_can_check_it() -> None:
    model = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    setup = model["services"]["setup"]
    assert setup["env_file"] == [{"path": ".env", "required": False}]
    assert setup["extends"]["service"] == "service"
    assert "environment" not in setup


def test_no_other_service_gets_the_whole_of_env() -> None:
    for path in COMPOSE_FILES:
        text = Path(path).read_text(encoding="utf-8")
        assert text.count("env_file") == (1 if path.name == "compose.yaml" else 0)
