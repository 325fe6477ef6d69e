"""What workers do to documents, done by hand."""

from __future__ import annotations

import gzip
import json
from functools import cache

import httpx

from decalogo.api.services import Services
from decalogo.batches.states import DocumentState
from decalogo.errors import DamagedDocumentError
from decalogo.evaluation import Evaluation, evaluate
from decalogo.evaluation.rubric import load_rubric
from tests.claims import claim_document

RESULT = b'{"schema_version":1,"answers":[],\n "note":"l\\u00ednea\\nbase"}'
PAGES = ["página uno", "página dos: 12,4 % 🙂"]
PLAN = """PROGRAMA MUJER Y GÉNERO
La tasa de violencia de género contra las mujeres fue de 12,4 % en 2019 según el DANE. El municipio y la alcaldía
atienden a 300 mujeres víctimas de violencia con un presupuesto de 120 millones de pesos en la comisaría de familia.
"""


@cache
def _evaluation() -> Evaluation:
    return evaluate(PLAN.encode(), load_rubric("decalogo"))


def evaluated(client: httpx.Client, services: Services) -> tuple[str, str]:
    """Upload a plan and evaluate it as a worker does; return the ids of batch and document."""
    batch = client.post("/api/v1/batch/upload", files={"files": ("plan.txt", PLAN.encode())}).json()
    document = batch["documents"][0]["document_id"]
    claim = claim_document(services.ledger, document)
    found = _evaluation()
    result_key, pages_key = f"results/{document}.1.json", f"pages/{document}.1.json.gz"
    services.store.put(result_key, found.to_json())
    services.store.put(pages_key, gzip.compress(json.dumps(list(found.pages)).encode()))
    assert services.ledger.finish(claim, DocumentState.SUCCEEDED, result_key=result_key, pages_key=pages_key)
    return batch["job_id"], document


def succeed(services: Services, document_id: str, result: bytes = RESULT, attempt: int = 1) -> None:
    """Do what a worker does."""
    claim = claim_document(services.ledger, document_id)
    result_key, pages_key = f"results/{document_id}.{attempt}.json", f"pages/{document_id}.{attempt}.json.gz"
    services.store.put(result_key, result)
    services.store.put(pages_key, gzip.compress(json.dumps(PAGES).encode()))
    assert services.ledger.finish(claim, DocumentState.SUCCEEDED, result_key=result_key, pages_key=pages_key)


def fail(services: Services, document_id: str) -> None:
    claim = claim_document(services.ledger, document_id)
    cause = DamagedDocumentError("The file ends in the middle of page 3.").problem()
    assert services.ledger.finish(claim, DocumentState.FAILED, problem=cause)


def die(services: Services, document_id: str) -> None:
    """Lose as many attempts as it takes."""
    for attempt in range(services.settings.queue.max_attempts):
        owner = f"worker-{attempt}"
        claim_document(services.ledger, document_id, owner)
        services.ledger.release(document_id, owner, "lost", "its process died")
