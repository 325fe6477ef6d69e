"""An upload from first byte to ledger: everything is accepted and durable, or nothing is left of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

from redis.exceptions import RedisError
from starlette.requests import Request

from decalogo.access.tokens import Token
from decalogo.api.problems import body_error
from decalogo.api.services import Services
from decalogo.api.upload.admission import FORM, announced_bytes, check_room, limited, media_type
from decalogo.api.upload.files import Intake, in_thread
from decalogo.api.upload.form import FormUpload
from decalogo.api.upload.inline import read_inline
from decalogo.api.upload.options import UploadOptions, check_custom_ids, resolve_options
from decalogo.batches.states import NewDocument, Options
from decalogo.ids import new_id
from decalogo.logs import get_logger

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A batch that is on disk."""

    job_id: str
    documents: list[NewDocument]


async def submit(request: Request, services: Services, token: Token) -> Accepted:
    """Read an upload and hand it over to the workers.

    Raises:
        DecalogoError: it was refused, and nothing is left of it.
        ClientDisconnect: the client went away before the end, and nothing is left of it.
    """
    task = cast("asyncio.Task[None]", asyncio.current_task())
    uploads: set[asyncio.Task[None]] = request.app.state.uploads
    uploads.add(task)
    task.add_done_callback(uploads.discard)
    kind = media_type(request)
    api = services.settings.api
    limit = api.max_upload_bytes if kind == FORM else api.max_json_bytes
    await in_thread(check_room, services, token, announced_bytes(request, limit))
    body = limited(request.stream(), limit)
    most = services.limits(token).documents_per_batch

    async def check(options: UploadOptions) -> None:
        await in_thread(resolve_options, options, services, token)

    async with Intake(services.store) as intake:
        if kind == FORM:
            asked = await FormUpload(intake, most, check).read(request.headers["content-type"], body)
            if asked.custom_ids is not None:
                check_custom_ids(asked.custom_ids, intake.count)
            custom_ids = asked.custom_ids or [""] * intake.count
        else:
            custom_ids, asked = await read_inline(body, intake, most)
        if not intake.count:
            raise body_error([{"where": "files" if kind == FORM else "documents", "detail": "there is no document"}])
        options = await in_thread(resolve_options, asked, services, token)
        documents = [
            NewDocument(file.document_id, file.filename, custom_id, file.sha256, file.size)
            for file, custom_id in zip(await intake.finish(), custom_ids, strict=True)
        ]
        job_id = new_id("batch")
        await in_thread(_admit, services, token, intake, job_id, options, documents)
    await in_thread(_publish, services, job_id, options, documents)
    return Accepted(job_id, documents)


def _admit(
    services: Services, token: Token, intake: Intake, job_id: str, options: Options, documents: list[NewDocument]
) -> None:
    """Record the batch; the files stay unless it is sure that it was not recorded."""
    try:
        most = services.limits(token).unfinished_documents
        services.ledger.admit(job_id, token.tenant, options, documents, tenant_limit=most)
    except RedisError:
        # The answer was lost, not necessarily the batch: files that the ledger may know of must not go. If even this
        # question fails they stay as orphans, which housekeeping sweeps.
        intake.keep()
        if services.ledger.batch(job_id) is None:
            intake.keep(False)
            raise
        _log.warning("the ledger's answer was lost but the batch is recorded", job_id=job_id)
    intake.keep()


def _publish(services: Services, job_id: str, options: Options, documents: list[NewDocument]) -> None:
    try:
        services.publish([(document.document_id, options.priority) for document in documents])
    except Exception as error:
        _log.warning("publishing failed; the janitor will repeat it", job_id=job_id, error=repr(error))
    _log.info("batch accepted", job_id=job_id, documents=len(documents), priority=options.priority)
