"""The options of a batch: parsed strictly, and checked against rubric and tier."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import orjson
from pydantic import ConfigDict, Field, ValidationError

from decalogo.access.tokens import Token
from decalogo.api.problems import MAX_ERRORS, body_error, validation_error
from decalogo.api.services import Services
from decalogo.api.upload.bounded_json import StrictModel, parse_json
from decalogo.api.upload.display_names import MAX_NAME, is_plain_id
from decalogo.api.upload.metadata import MAX_PAIRS, DocumentOptions, Metadata, Points, points_with_reasons
from decalogo.api.upload.table import TableOptions
from decalogo.batches.rejection import no_batch
from decalogo.batches.states import Options, Priority
from decalogo.errors import ForbiddenError
from decalogo.settings import get_settings
from decalogo.webhooks.signing import secret_bytes
from decalogo.webhooks.target import check_url


class Webhook(StrictModel):
    """Receiver of a notification when the batch has finished, in the format of Standard Webhooks."""

    url: str = Field(max_length=2000, description="Your https URL.", examples=["https://example.org/hook"])
    secret: str = Field(
        max_length=200,
        description="Your signing secret: `whsec_` and 24 to 64 bytes in base64.",
        examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
    )


class UploadOptions(StrictModel):
    """Options of one batch; unknown members are errors."""

    model_config = ConfigDict(title="Options")

    job_id: str | None = Field(
        None,
        pattern="^batch_[0-9a-z]{26}$",
        description="Add the documents to this batch of yours. Only `custom_ids`, `documents` and `table` are "
        "allowed with it. The batch keeps its other options. A finished batch runs again, and its webhook reports its "
        "end again.",
    )
    rubric: str | None = Field(None, description="Name of the rubric; default: the appliance's.")
    priority: Priority = Field(Priority.NORMAL, description="Priority; the tier decides which are allowed.")
    not_applicable: Points = Field(default_factory=list)
    ocr: Literal["auto", "never"] = Field(
        "auto", description="Whether to recognise the text of pages without a text layer (OCR)."
    )
    custom_ids: list[str] | None = Field(
        None,
        fail_fast=True,
        description="Your own id of each document, unique in the batch, in the order of the files; members of a ZIP "
        "are sorted by path.",
    )
    documents: list[DocumentOptions] | None = Field(
        None,
        fail_fast=True,
        description="Options of each document, in the same order as `custom_ids`, which they replace.",
    )
    table: TableOptions | None = Field(
        None, description="How to read the form field `table`, a CSV file with the metadata of the documents."
    )
    metadata: Metadata = Field(
        default_factory=dict, description=f"Your own pairs about the batch, at most {MAX_PAIRS}; `name` is its name."
    )
    webhook: Webhook | None = Field(None, description="Notification when the batch has finished.")


def parse_options(raw: bytes | bytearray, max_documents: int) -> UploadOptions:
    """Parse the field ``options`` of a form; raise :class:`RequestError` or :class:`BodyError`."""
    value = parse_json(raw, "The field `options`", max_documents)
    try:
        return UploadOptions.model_validate(value)
    except ValidationError as error:
        raise validation_error(error, "options") from error


def resolve_options(asked: UploadOptions, services: Services, token: Token) -> Options:
    """Return the options for the ledger; blocking, because it may load a rubric.

    Raises:
        ForbiddenError: the tier does not allow this priority.
        BodyError: the rubric is unknown, or lacks one of the points, or the tenant has no batch with this `job_id`.
    """
    if asked.job_id is not None:
        return _options_of_batch(asked, services, token)
    allowed = services.limits(token).priorities
    if asked.priority not in allowed:
        raise ForbiddenError(
            f"Tier {token.tier} does not allow priority {asked.priority}; it allows {', '.join(allowed)}.",
            limit="priorities",
            allowed=list(allowed),
        )
    rubric = services.settings.evaluation.rubric if asked.rubric is None else asked.rubric
    if rubric_points(rubric) is None:
        raise body_error(
            [
                {
                    "where": "options.rubric",
                    "detail": f"unknown rubric {rubric!r}; known are {', '.join(_rubrics())}",
                }
            ]
        )
    reasons = resolve_points(asked.not_applicable, rubric, "options.not_applicable")
    return Options(rubric=rubric, priority=asked.priority, not_applicable=reasons, ocr=asked.ocr)


_BESIDE_JOB_ID = {"job_id", "custom_ids", "documents", "table"}


def _options_of_batch(asked: UploadOptions, services: Services, token: Token) -> Options:
    """Return the options of the batch to which documents shall be added."""
    if others := sorted(asked.model_fields_set - _BESIDE_JOB_ID):
        detail = "belongs to the batch; leave it out, or leave out job_id"
        raise body_error([{"where": f"options.{name}", "detail": detail} for name in others])
    batch = services.ledger.own_batch(token.tenant, str(asked.job_id))
    if batch is None:
        raise no_batch()
    return batch.options


def resolve_points(given: list[str] | dict[str, str], rubric: str, where: str) -> dict[str, str]:
    """Return points with their reasons; raise :class:`BodyError` for those that the rubric lacks."""
    reasons, points = points_with_reasons(given), rubric_points(rubric) or ()
    unknown = [point for point in reasons if point not in points]
    if unknown:
        raise body_error(
            [
                {
                    "where": where,
                    "detail": f"rubric {rubric} has no point {point!r}; its points are {', '.join(points)}",
                }
                for point in unknown[:MAX_ERRORS]
            ],
            len(unknown),
        )
    return reasons


def webhook_json(asked: UploadOptions, services: Services) -> str:
    """Return the webhook in the form of the ledger, empty if there is none; raise :class:`BodyError`."""
    if asked.webhook is None:
        return ""
    member = "url"
    try:
        check_url(asked.webhook.url, services.settings.webhooks)
        member = "secret"
        secret_bytes(asked.webhook.secret)
    except ValueError as error:
        raise body_error([{"where": f"options.webhook.{member}", "detail": str(error)}]) from error
    return orjson.dumps({"url": asked.webhook.url, "secret": asked.webhook.secret}).decode()


def check_custom_ids(ids: Sequence[str], count: int, where: str = "options.custom_ids") -> None:
    """Raise :class:`BodyError` unless there is one valid, unique id for each of ``count`` documents."""
    if len(ids) != count:
        raise body_error([{"where": where, "detail": f"{len(ids)} ids for {count} files; give one id per file"}])
    errors, first_at = [], dict[str, int]()
    for index, custom_id in enumerate(ids):
        at = f"{where}[{index}]"
        if not is_plain_id(custom_id):
            errors.append(
                {
                    "where": at,
                    "detail": f"must have 1 to {MAX_NAME} visible characters, and no space at its ends",
                }
            )
        elif custom_id in first_at:
            errors.append({"where": at, "detail": f"{custom_id!r} is also the id of file {first_at[custom_id]}"})
        first_at.setdefault(custom_id, index)
    if errors:
        raise body_error(errors)


def rubric_points(name: str) -> tuple[str, ...] | None:
    """Return the ids of the points of a shipped rubric or of the operator's, or None if no rubric has this name."""
    # The loader also accepts paths, so untrusted names are compared with the known ones first.
    if name in _rubrics():
        return _points(name)
    return _points.__wrapped__(name) if name == get_settings().evaluation.rubric else None  # a file may change


def _rubrics() -> tuple[str, ...]:
    from decalogo.evaluation.rubric import available_rubrics

    return available_rubrics()


@lru_cache(maxsize=64)
def _points(name: str) -> tuple[str, ...]:
    from decalogo.evaluation.rubric import load_rubric

    return tuple(point.id for point in load_rubric(name).data.points)
