"""Style sheet, scripts and icons, under names that hold a hash of their content, so that browsers may keep them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources
from typing import Final

from fastapi import APIRouter, Request, Response

from decalogo.errors import NotFoundError

_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

router = APIRouter(include_in_schema=False)


@lru_cache(maxsize=1)
def _files() -> dict[str, bytes]:
    folder = resources.files("decalogo.console") / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in _TYPES}


@lru_cache(maxsize=1)
def version() -> str:
    """Return a hash over all files: modules import each other by relative names, so they change together."""
    digest = hashlib.sha256()
    for name, content in sorted(_files().items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()[:16]


def asset(name: str) -> str:
    """Return a file's address."""
    if name not in _files():
        raise KeyError(name)
    return f"/static/{version()}/{name}"


@router.get("/static/{folder}/{name}")
async def static_file(request: Request, folder: str, name: str) -> Response:
    """Answer a file; an older name answers with the file of today, and browsers do not keep that."""
    content = _files().get(name)
    if content is None:
        raise NotFoundError("There is no such file.")
    kept = "public, max-age=31536000, immutable" if folder == version() else "no-cache"
    media_type = _TYPES[name.rpartition(".")[2]]
    return Response(
        content, media_type=media_type, headers={"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
    )
