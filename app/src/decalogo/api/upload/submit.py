"""Accept an upload: store its files, record the batch, publish its documents. All is durable, or nothing remains."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
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
from decalogo.batches.idempotency import Known, fingerprint
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
        mark = record and fingerprint(options, documents, webhook, asked.metadata, added_to=asked.job_id or "")
        earlier = await in_thread(accepted_before, services, record, mark)
        if earlier is not None:
            return await in_thread(_repeated, services, earlier, len(documents))
        job_id = asked.job_id or new_id("batch")
        handling = Handling(webhook, record, mark, upload_record(request, job_id, documents))
        await in_thread(intake.touch, stored)
        recorded = partial(_record, services, token, job_id, asked, options, documents, handling)
        await in_thread(_record_durably, services, intake, documents[0].document_id, recorded)
    size = sum(document.size for document in documents)
    samples = (("uploads", 1), ("upload_documents", len(documents)), ("upload_bytes", size))
    observe(*((name, value, token.tier.value) for name, value in samples))
    await in_thread(_publish, services, job_id, options, documents)
    return Accepted(job_id, documents)


def _repeated(services: Services, earlier: Known, number: int) -> Accepted:
    """Return the documents of the upload that was accepted with the same key; blocking."""
    documents = services.ledger.documents(earlier.job_id, offset=earlier.first, limit=number)
    return Accepted(earlier.job_id, documents, again=True)


def _record(
    services: Services,
    token: Token,
    job_id: str,
    asked: UploadOptions,
    options: Options,
    documents: list[NewDocument],
    handling: Handling,
) -> None:
    """Record a new batch, or the further documents of one."""
    tier = services.limits(token)
    stored = StoredLimits(tier.stored_documents, tier.stored_bytes)
    if asked.job_id is None:
        services.ledger.admit(
            job_id,
            token.tenant,
            options,
            documents,
            tenant_limit=tier.unfinished_documents,
            stored=stored,
            handling=handling,
            metadata=asked.metadata,
        )
    else:
        services.ledger.append(
            job_id,
            token.tenant,
            documents,
            most=services.settings.api.max_batch_documents,
            tenant_limit=tier.unfinished_documents,
            stored=stored,
            handling=handling,
        )


def _record_durably(services: Services, intake: Intake, document_id: str, recorded: Callable[[], None]) -> None:
    """Record the documents; the files stay unless the ledger rejected them.

    Args:
        services: services of the process.
        intake: the files.
        document_id: one of the documents.
        recorded: records all of them or none.
    """
    started = time.perf_counter()
    try:
        recorded()
    except RedisError:
        # The answer was lost, not necessarily the documents: the call may even arrive after this question. So the
        # files stay; if nothing refers to them, retention sweeps them.
        intake.keep()
        if services.ledger.document(document_id) is None:
            raise
        _log.warning("the ledger's answer was lost, but the documents are recorded", document_id=document_id)
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
