"""Uses the client that was generated as package ``made`` from the OpenAPI document; run by a test, outside of pytest.

Arguments: base address, token, file of the certificate to trust. Prints the state in which the document ended.
"""

# mypy: ignore-errors
import io
import ssl
import sys
import time

from made import AuthenticatedClient
from made.api.batches import documents, export, own_batches, results, status, upload
from made.api.documents import report, result
from made.models import AcceptedBatch, BatchState, InlineDocument, InlineUpload, Problem, UploadFilesBody
from made.types import File

TEXT = "En 2023 se registraron 40 casos de violencia de género según la Secretaría de Salud.\n"


def main(url: str, token: str, authority: str) -> None:
    trust = ssl.create_default_context(cafile=authority)
    with AuthenticatedClient(url, token, verify_ssl=trust, httpx_args={"trust_env": False}) as client:
        inline = InlineUpload(documents=[InlineDocument(content=TEXT, id="own-1")])
        accepted = upload.sync(client=client, body=inline, idempotency_key="generated-1")
        again = upload.sync(client=client, body=inline, idempotency_key="generated-1")
        assert isinstance(accepted, AcceptedBatch), accepted
        assert again.job_id == accepted.job_id

        form = UploadFilesBody(files=[File(io.BytesIO(TEXT.encode()), "plan.txt", "text/plain")])
        assert upload.sync(client=client, body=form).documents[0].filename == "plan.txt"

        deadline = time.monotonic() + 600
        while (now := status.sync(accepted.job_id, client=client)).state is not BatchState.FINISHED:
            assert time.monotonic() < deadline, now
            time.sleep(0.5)
        (document,) = documents.sync(accepted.job_id, client=client).documents
        assert document.custom_id == "own-1"
        assert accepted.job_id in [batch.job_id for batch in own_batches.sync(client=client).batches]
        assert result.sync(document.document_id, client=client).to_dict()["answers"]
        for kind in report.ReportFormat:
            assert report.sync(document.document_id, client=client, format_=kind).payload.read(), kind
        for kind in export.ResultsFormat:
            assert export.sync(accepted.job_id, client=client, format_=kind).payload.read(), kind
        assert len(results.sync(accepted.job_id, client=client)) == 1
        assert isinstance(status.sync("batch_" + "0" * 26, client=client), Problem)
    print(document.state.value)


main(*sys.argv[1:])
