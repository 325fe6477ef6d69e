"""Uploads as clients write them, with and without manners."""

from __future__ import annotations

import json
from typing import Any

import httpx

UPLOAD = "/api/v1/batch/upload"
PDF = b"%PDF-1.7 not much of one"


def files(*named: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", pair) for pair in named]


def with_options(client: httpx.Client, **options: Any) -> httpx.Response:
    return client.post(UPLOAD, files=files(("a.pdf", PDF)), data={"options": json.dumps(options)})


def raw_form(filename: bytes, content: bytes = PDF) -> dict[str, Any]:
    """A form as a client without manners writes it."""
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="' + filename + b'"\r\n\r\n' + content
    return {"content": body + b"\r\n--b--\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}
