"""``decalogo settings``: print the reference of all settings as Markdown (``docs/reference/settings.md``)."""

from __future__ import annotations

import json

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from decalogo.settings import PREFIX, Settings

_INTRODUCTION = """# Settings

Every setting is an environment variable; unset means the default. A misspelt name is refused at start-up. Secrets are
never values: a setting names the file that holds one. This page is the output of `decalogo settings`.
"""


def reference() -> str:
    """Return the page."""
    lines = [_INTRODUCTION]
    alone = [(name, f) for name, f in Settings.model_fields.items() if not _is_section(f.annotation)]
    lines += ["## General", "", *_table("", alone)]
    for name, field in Settings.model_fields.items():
        if _is_section(field.annotation):
            section: type[BaseModel] = field.annotation  # type: ignore[assignment]
            title, _, _ = (section.__doc__ or name).strip().partition("\n")
            lines += [f"## {name}", "", title, "", *_table(f"{name}__", list(section.model_fields.items()))]
    return "\n".join(lines).rstrip() + "\n"


def _is_section(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _table(prefix: str, fields: list[tuple[str, FieldInfo]]) -> list[str]:
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in fields:
        variable = f"{PREFIX}{prefix}{name}".upper()
        default = field.default
        if isinstance(default, BaseModel):
            default = default.model_dump_json()
        elif isinstance(default, tuple):
            default = json.dumps(default)
        shown = f"`{default}`" if default not in (None, "") else ""
        rows.append(f"| `{variable}` | {shown} | {field.description or ''} |")
    return [*rows, ""]
