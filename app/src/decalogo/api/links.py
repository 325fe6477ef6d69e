"""Links of resources, relative to the origin unless ``api.public_url`` is set."""

from __future__ import annotations

ROOT = "/api/v1"


def batch_links(job_id: str, base: str) -> dict[str, str]:
    """Return the links of a batch; ``base`` is the origin, or empty."""
    base = base.rstrip("/")
    return {
        "status": f"{base}{ROOT}/batch/status/{job_id}",
        "documents": f"{base}{ROOT}/batch/{job_id}/documents",
        "results": f"{base}{ROOT}/batch/{job_id}/results",
        "failures": f"{base}{ROOT}/batch/{job_id}/failures",
        "events": f"{base}{ROOT}/batch/{job_id}/events",
        "cancel": f"{base}{ROOT}/batch/{job_id}/cancel",
        "retry": f"{base}{ROOT}/batch/{job_id}/retry",
    }


def document_links(document_id: str, job_id: str, base: str) -> dict[str, str]:
    """Return the links of a document."""
    base = base.rstrip("/")
    own = f"{base}{ROOT}/documents/{document_id}"
    return {
        "self": own,
        "result": f"{own}/result",
        "file": f"{own}/file",
        "pages": f"{own}/pages/{{n}}",
        "batch": f"{base}{ROOT}/batch/status/{job_id}",
    }
