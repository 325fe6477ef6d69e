"""Loader of the ledger's Lua scripts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from typing import Any, Final

import redis
from redis.client import Pipeline

_LIBRARIES: Final = ("common", "queues", "transitions", "admission")
"""Files of ``lua/lib/`` that precede every script, in the order of their dependencies."""


class Scripts:
    """Scripts of ``lua/`` by name. Each is sent to the server once and then called by its hash.

    Args:
        client: connection to the ledger's database that decodes replies.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def run(self, name: str, *args: str | float) -> Any:
        """Run a script and return its reply; the head of its file describes arguments and reply."""
        return self._loaded[name](args=args)

    def add(self, pipeline: Pipeline, name: str, *args: str | float) -> None:
        """Add a call of a script to a pipeline, whose ``execute`` returns its reply."""
        self._loaded[name](args=args, client=pipeline)

    @cached_property
    def _loaded(self) -> Mapping[str, Any]:
        folder = files("decalogo.batches") / "lua"
        library = "".join((folder / "lib" / f"{name}.lua").read_text(encoding="utf-8") for name in _LIBRARIES)
        return {
            file.name.removesuffix(".lua"): self._redis.register_script(library + file.read_text(encoding="utf-8"))
            for file in folder.iterdir()
            if file.name.endswith(".lua")
        }
