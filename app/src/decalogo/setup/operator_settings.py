"""Settings that an operator may put into ``.env``, and those that the appliance decides itself.

``.env`` holds two kinds of names. Names without a prefix (``WORKER_CONCURRENCY``) size and place the appliance. Names
with the prefix ``DECALOGO_`` are settings of the program. Some of these have a short name of the first kind, and others
follow from the placement of the services (the address of Redis, the folder of the secrets). The appliance would
overwrite both, so both are refused under their long names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from decalogo.errors import SettingsError
from decalogo.settings import check_variable_names, variable_names

SHORT_NAMES: Final[Mapping[str, str]] = {
    "DECALOGO_API__PROCESSES": "API_PROCESSES",
    "DECALOGO_AUTOSCALE__MAX_WORKERS": "AUTOSCALE_MAX_WORKERS",
    "DECALOGO_AUTOSCALE__MIN_WORKERS": "AUTOSCALE_MIN_WORKERS",
    "DECALOGO_AUTOSCALE__OVERCOMMIT": "AUTOSCALE_OVERCOMMIT",
    "DECALOGO_AUTOSCALE__RULE": "AUTOSCALE_RULE",
    "DECALOGO_AUTOSCALE__TARGET_DRAIN_SECONDS": "AUTOSCALE_TARGET_DRAIN_SECONDS",
    "DECALOGO_AUTOSCALE__THRESHOLDS": "AUTOSCALE_THRESHOLDS",
    "DECALOGO_LOG__LEVEL": "LOG_LEVEL",
    "DECALOGO_QUEUE__CONCURRENCY": "WORKER_CONCURRENCY",
    "DECALOGO_QUEUE__DISABLE_PREFETCH": "WORKER_DISABLE_PREFETCH",
    "DECALOGO_QUEUE__MAX_TASKS_PER_CHILD": "WORKER_TASKS_PER_CHILD",
    "DECALOGO_QUEUE__PREFETCH_MULTIPLIER": "WORKER_PREFETCH",
}
"""Settings that an operator sets under a name of their own, which the profiles use too."""

_PLACED: Final = (
    "DECALOGO_API__HOST",
    "DECALOGO_API__PORT",
    "DECALOGO_API__TRUSTED_PROXIES",
    "DECALOGO_AUDIT__PATH",
    "DECALOGO_METRICS__HOST",
    "DECALOGO_METRICS__PORT",
    "DECALOGO_QUEUE__HOST",
    "DECALOGO_QUEUE__INSTANCE",
    "DECALOGO_REDIS__CA_FILE",
    "DECALOGO_REDIS__HOST",
    "DECALOGO_REDIS__PASSWORD_FILE",
    "DECALOGO_REDIS__PORT",
    "DECALOGO_REDIS__USERNAME",
    "DECALOGO_SECRETS_DIR",
    "DECALOGO_STORAGE__CA_FILE",
    "DECALOGO_STORAGE__PATH",
    "DECALOGO_STORAGE__TOKEN_FILE",
    "DECALOGO_STORAGE__URL",
)


def passed_through() -> list[str]:
    """Return the settings that take effect as they stand in ``.env``, sorted."""
    return sorted(variable_names().keys() - SHORT_NAMES.keys() - set(_PLACED))


def check_operator_variables(names: Iterable[str]) -> None:
    """Raise :class:`SettingsError` for the first ``DECALOGO_*`` name that is unknown or would have no effect."""
    names = sorted(names)
    try:
        check_variable_names(names, variable_names())
    except ValueError as error:
        raise SettingsError(str(error)) from error
    for name in names:
        if name in SHORT_NAMES:
            raise SettingsError(f"{name} has no effect here: set {SHORT_NAMES[name]} instead")
        if name in _PLACED:
            raise SettingsError(f"{name} has no effect here, because the appliance sets it itself: remove it from .env")


def long_names(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that ``environ`` has under their short names, by their long names."""
    return {name: environ[short] for name, short in SHORT_NAMES.items() if environ.get(short)}


def compose_service() -> str:
    """Return ``config/compose/settings.yaml``: the variables that Compose passes on to the program."""
    lines = [
        "# Written by `decalogo settings --compose`. Each variable is passed on where .env or the environment sets it.",
        "services:",
        "  settings:",
        "    environment:",
        *(f"      {name}:" for name in passed_through()),
    ]
    return "\n".join(lines) + "\n"
