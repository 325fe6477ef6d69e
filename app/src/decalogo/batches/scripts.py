"""The ledger's Lua scripts, loaded from ``lua/`` with what they share in front."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from typing import Any

import redis

_SHARED = ("prelude", "admission")
_ADMITTING = ("admit", "revive", "room")


class Scripts:
    """Runs scripts by name; each is sent to the server once.

    Args:
        client: a connection to the ledger's database that decodes answers.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def run(self, name: str, *args: str | float) -> Any:
        """Return what the script answers."""
        return self._loaded[name](args=args)

    @cached_property
    def _loaded(self) -> Mapping[str, Any]:
        folder = files("decalogo.batches") / "lua"
        texts = {
            f.name.removesuffix(".lua"): f.read_text(encoding="utf-8")
            for f in folder.iterdir()
            if f.name.endswith(".lua")
        }
        prelude, admission = (texts.pop(name) for name in _SHARED)
        return {
            name: self._redis.register_script(prelude + (admission if name in _ADMITTING else "") + text)
            for name, text in sorted(texts.items())
        }
