"""Describe the body of an upload for the OpenAPI document, because FastAPI does not parse it."""

from __future__ import annotations

from typing import Any

from decalogo.api.upload.options import UploadOptions

UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}},
                        "table": {
                            "type": "string",
                            "format": "binary",
                            "description": "CSV with the metadata of the documents; see `options.table`.",
                        },
                        "options": UploadOptions.model_json_schema(ref_template="#/components/schemas/{model}"),
                    },
                },
                "encoding": {"options": {"contentType": "application/json"}},
            },
            "application/json": {
                "schema": {"$ref": "#/components/schemas/InlineUpload"},
                "example": {
                    "documents": [{"id": "florencia", "content": "La línea base de feminicidios es 3 casos en 2023…"}],
                    "options": {"rubric": "decalogo", "priority": "normal", "not_applicable": {"P9": "no hay cárcel"}},
                },
            },
        },
    }
}

_OF_BATCH = ("status", "follow", "documents", "results", "cancel_batch", "retry_batch", "delete_batch")
_OF_DOCUMENT = ("document", "result", "page", "cancel_document", "retry_document")

# Operations that use values of the answer to an upload, for generated clients and for tests that follow links.
UPLOAD_LINKS: dict[str, Any] = {
    name: {"operationId": name, "parameters": {"job_id": "$response.body#/job_id"}} for name in _OF_BATCH
} | {
    name: {"operationId": name, "parameters": {"document_id": "$response.body#/documents/0/document_id"}}
    for name in _OF_DOCUMENT
}
