"""Accept an upload: store its files, record the batch, publish its documents. All is durable, or nothing remains."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from redis.exceptions import RedisError
from starlette.requests import Request

from decalogo.access.tokens import Token
from decalogo.api.audit import upload_record
from decalogo.api.problems import body_error
from decalogo.api.services import Services
from decalogo.api.upload.admission import FORM, announced_bytes, check_room, limited_body, media_type
from decalogo.api.upload.archives import unpack
from decalogo.api.upload.described import check as check_documents
from decalogo.api.upload.described import described
from decalogo.api.upload.form import FormUpload
from decalogo.api.upload.idempotency import accepted_before, held, record_of
from decalogo.api.upload.inline import read_inline
from decalogo.api.upload.intake import Intake, in_thread
from decalogo.api.upload.large_documents import is_large
from decalogo.api.upload.options import UploadOptions, resolve_options, webhook_json
from decalogo.batches.idempotency import fingerprint
from decalogo.batches.rejection import StoredLimits
from decalogo.batches.states import Document, Handling, NewDocument, Options
from decalogo.ids import new_id
from decalogo.logs import get_logger
from decalogo.metrics.record import observe

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A batch that is on disk; ``again`` if an earlier upload with the same key created it."""

    job_id: str
    documents: Sequence[NewDocument | Document]
    again: bool = False


async def submit(request: Request, services: Services, token: Token) -> Accepted:
    """Read an upload and queue its documents.

    Raises:
        DecalogoError: the upload was rejected, and nothing of it remains.
        ClientDisconnect: the client disconnected before the end, and nothing of the upload remains.
    """
    task = cast("asyncio.Task[None]", asyncio.current_task())
    uploads: set[asyncio.Task[None]] = request.app.state.uploads
    uploads.add(task)
    task.add_done_callback(uploads.discard)
    record = record_of(request, token)
    async with held(services, record):
        return await _accept(request, services, token, record)


async def _accept(request: Request, services: Services, token: Token, record: str) -> Accepted:
    kind = media_type(request)
    api = services.settings.api
    tier = services.limits(token)
    limit = min(tier.upload_bytes, api.max_upload_bytes if kind == FORM else api.max_json_bytes)
    announced = announced_bytes(request, limit)
    # A repeated upload needs no capacity, so its answer does not depend on the queue.
    if await in_thread(accepted_before, services, record) is None:
        await in_thread(check_room, services, token, announced)
    body = limited_body(request.stream(), limit, api)
    most = tier.documents_per_batch

    async def check(options: UploadOptions) -> None:
        await in_thread(resolve_options, options, services, token)

    async with Intake(services.store) as intake:
        if kind == FORM:
            form = await FormUpload(intake, most, check).read(request.headers["content-type"], body)
            asked = form.options
        else:
            about, asked = await read_inline(body, intake, most)
        if not intake.count:
            raise body_error([{"where": "files" if kind == FORM else "documents", "detail": "there are no documents"}])
        stored = await intake.finish()
        if kind == FORM:
            stored = await unpack(intake, stored, most, services.settings)
            about = described(form, [file.filename for file in stored])
        options = await in_thread(resolve_options, asked, services, token)
        points = await in_thread(check_documents, about, options.rubric, "documents")
        large = await in_thread(
            lambda: [is_large(intake.path(file), file.size, services.settings.queue) for file in stored]
        )
        documents = [
            NewDocument(
                file.document_id, file.filename, one.id or "", file.sha256, file.size, big, one.metadata, own_points
            )
            for file, one, own_points, big in zip(stored, about, points, large, strict=True)
        ]
        webhook = webhook_json(asked, services)
        mark = fingerprint(options, documents, webhook, asked.metadata) if record else ""
        earlier = await in_thread(accepted_before, services, record, mark)
        if earlier is not None:
            return Accepted(earlier, await in_thread(services.ledger.documents, earlier, limit=len(documents)), True)
        job_id = new_id("batch")
        handling = Handling(webhook, record, mark, upload_record(request, job_id, documents))
        await in_thread(intake.touch, stored)
        await in_thread(_admit, services, token, intake, job_id, options, documents, handling, asked.metadata)
    size = sum(document.size for document in documents)
    samples = (("uploads", 1), ("upload_documents", len(documents)), ("upload_bytes", size))
    observe(*((name, value, token.tier.value) for name, value in samples))
    await in_thread(_publish, services, job_id, options, documents)
    return Accepted(job_id, documents)


def _admit(
    services: Services,
    token: Token,
    intake: Intake,
    job_id: str,
    options: Options,
    documents: list[NewDocument],
    handling: Handling,
    metadata: Mapping[str, str],
) -> None:
    """Record the batch; the files stay unless the ledger rejected it."""
    started = time.perf_counter()
    try:
        tier = services.limits(token)
        services.ledger.admit(
            job_id,
            token.tenant,
            options,
            documents,
            tenant_limit=tier.unfinished_documents,
            stored=StoredLimits(tier.stored_documents, tier.stored_bytes),
            handling=handling,
            metadata=metadata,
        )
    except RedisError:
        # The answer was lost, not necessarily the batch: the call may even arrive after this question. So the files
        # stay; if nothing refers to them, retention sweeps them.
        intake.keep()
        if services.ledger.batch(job_id) is None:
            raise
        _log.warning("the ledger's answer was lost, but the batch is recorded", batch_id=job_id)
    intake.keep()
    observe(("enqueue", time.perf_counter() - started, "accept"))


def _publish(services: Services, job_id: str, options: Options, documents: list[NewDocument]) -> None:
    started = time.perf_counter()
    try:
        services.publish([(document.document_id, document.queue(options.priority)) for document in documents])
        observe(("enqueue", time.perf_counter() - started, "publish"))
    except Exception as error:
        observe(("publish_failures", 1))
        _log.warning("publishing failed; recovery will repeat it", batch_id=job_id, error=repr(error))
    _log.info("batch accepted", batch_id=job_id, documents=len(documents), priority=options.priority)
