"""Names of environment variables, and the check for misspelt ones."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pydantic import BaseModel

PREFIX = "DECALOGO_"
COMMAND_VARIABLES = frozenset(
    {"DECALOGO_URL", "DECALOGO_TOKEN", "DECALOGO_TOKEN_FILE", "DECALOGO_CA_FILE", "DECALOGO_EMBEDDED_DATA"}
)
"""Variables of client commands such as ``decalogo submit``, which are not settings of a service."""


def field_variables(model: type[BaseModel], prefix: str = PREFIX) -> dict[str, str]:
    """Map every environment variable of a model, nested ones included, to its description."""
    names: dict[str, str] = {}
    for field_name, field in model.model_fields.items():
        name = f"{prefix}{field_name}".upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            # A section has no variable of its own; a tier has: the whole of it as one JSON object.
            if prefix != PREFIX:
                names[name] = field.description or ""
            names |= field_variables(field.annotation, f"{name}__")
        else:
            names[name] = field.description or ""
    return names


def check_variable_names(environ: Iterable[str], known: Iterable[str]) -> None:
    """Raise ``ValueError`` for the first unknown ``DECALOGO_*`` variable; the message names the nearest known one."""
    known = {*known, *COMMAND_VARIABLES}
    for name in environ:
        if name.startswith(PREFIX) and name not in known:
            nearest = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f"; did you mean {nearest[0]}?" if nearest else "; `decalogo settings` lists all settings"
            raise ValueError(f"unknown setting {name}{hint}")
