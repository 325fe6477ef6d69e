"""Complete the OpenAPI document with the bodies that FastAPI does not parse."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from decalogo.api.links import ROOT
from decalogo.api.schemas import Failure
from decalogo.api.upload.inline import InlineUpload
from decalogo.api.upload.options import UploadOptions

DESCRIPTION = """\
Submit a batch of public plans. The appliance answers the questions of a rubric for each of them, with quotes as
evidence.

1. `POST /api/v1/batch/upload` accepts files or inline texts and answers 202 with a `job_id`.
2. `GET /api/v1/batch/status/{job_id}` reports the progress; wait as long as `Retry-After` says between requests.
3. `GET /api/v1/batch/{job_id}/results` streams the results, also while the batch is still running.

Every error is an `application/problem+json` document (RFC 9457) with a stable `type`; `GET /api/v1/problems` lists the
types.
Every answer has an `X-Request-ID`: yours if you sent one (1 to 64 letters, digits, `.`, `_`, `-`), else a new one.
"""


def install(app: FastAPI) -> None:
    """Complete the OpenAPI document of ``app``."""
    generate = app.openapi

    def complete() -> dict[str, Any]:
        fresh = app.openapi_schema is None
        document = generate()
        if fresh:
            models = [(InlineUpload, "validation"), (UploadOptions, "validation"), (Failure, "serialization")]
            _, extra = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
            document["components"]["schemas"] |= extra["$defs"]
            _describe_results(document)
            _problems_only_as_problems(document)
        return document

    app.openapi = complete  # type: ignore[method-assign]


def _describe_results(document: dict[str, Any]) -> None:
    """Add the schema of results, which docs/reference/schema publishes, and refer to it."""
    text = (files("decalogo.api") / "schema" / "result-1.json").read_text(encoding="utf-8")
    # `const: true` without a type makes generators of clients write code that does not run.
    text = re.sub(r'"const": true', '"type": "boolean"', text)
    result = json.loads(re.sub(r"#/\$defs/(\w+)", lambda name: f"#/components/schemas/Result{name[1].title()}", text))
    schemas, reference = document["components"]["schemas"], {"$ref": "#/components/schemas/Result"}
    schemas |= {f"Result{name.title()}": _without_conditions(part) for name, part in result.pop("$defs").items()}
    schemas["Result"] = {name: value for name, value in result.items() if not name.startswith("$")}
    operation = document["paths"][f"{ROOT}/documents/{{document_id}}/result"]["get"]
    operation["responses"]["200"]["content"]["application/json"]["schema"] = reference
    entry = schemas["DocumentResult"]["properties"]["result"]
    entry["anyOf"] = [reference, {"type": "null"}]


def _without_conditions(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without what depends on a value of its own; the published file keeps that."""
    return {name: value for name, value in schema.items() if name not in ("if", "then", "else")}


def _problems_only_as_problems(document: dict[str, Any]) -> None:
    """Declare errors as problem documents only: FastAPI adds ``application/json`` and its own form of 422."""
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in list(operation["responses"].items()):
                content = answer.get("content", {})
                if "application/problem+json" in content:
                    schema = content.pop("application/json", {}).get("schema")
                    content["application/problem+json"]["schema"] = schema
                elif int(status) >= 400:
                    del operation["responses"][status]
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
