"""What a submitter asks for beside the files: parsed strictly, checked against rubric and tier."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Final, Literal

import orjson
from pydantic import BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from decalogo.access.tokens import Token
from decalogo.api.problems import MAX_ERRORS, body_error, validation_error
from decalogo.api.services import Services
from decalogo.api.upload.bounded_json import StrictModel, parse_json
from decalogo.api.upload.display_names import MAX_NAME, is_plain_id
from decalogo.batches.states import Options, Priority
from decalogo.errors import ForbiddenError
from decalogo.webhooks.signing import secret_bytes
from decalogo.webhooks.target import check_url

MAX_POINTS: Final = 1000
"""Points that one batch can leave out; a rubric has far fewer."""
Reason = Annotated[str, Field(max_length=1000)]


def _few_points(given: object) -> object:
    if isinstance(given, list | dict) and len(given) > MAX_POINTS:
        raise PydanticCustomError("too_many_points", "at most {most} points can be named", {"most": MAX_POINTS})
    return given


class Webhook(StrictModel):
    """Who is told when the batch has finished, in the form of Standard Webhooks."""

    url: str = Field(max_length=2000, description="An https address of yours.", examples=["https://example.org/hook"])
    secret: str = Field(
        max_length=200,
        description="Your signing secret: `whsec_` and 24 to 64 bytes in base64.",
        examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
    )


class UploadOptions(StrictModel):
    """Options of one batch; an unknown one is an error."""

    model_config = ConfigDict(title="Options")

    rubric: str | None = Field(None, description="Name of the rubric; the appliance's default when absent.")
    priority: Priority = Field(Priority.NORMAL, description="Lane of the batch; which are allowed depends on the tier.")
    not_applicable: Annotated[list[str] | dict[str, Reason], BeforeValidator(_few_points)] = Field(
        default_factory=list, description="Points that do not apply: their ids, or ids with the reason of each."
    )
    ocr: Literal["auto", "never"] = Field(
        "auto", description="Whether pages without a text layer are recognised from their image."
    )
    custom_ids: list[str] | None = Field(
        None,
        fail_fast=True,
        description="Your own id for each document, unique in the batch: in the order of the files, members of a ZIP "
        "in the order of their paths.",
    )
    webhook: Webhook | None = Field(None, description="Who is told when the batch has finished.")


def parse_options(raw: bytes | bytearray, max_documents: int) -> UploadOptions:
    """Return the ``options`` field of a form; raises :class:`RequestError` or :class:`BodyError`."""
    value = parse_json(raw, "The field `options`", max_documents)
    try:
        return UploadOptions.model_validate(value)
    except ValidationError as error:
        raise validation_error(error, "options") from error


def resolve_options(asked: UploadOptions, services: Services, token: Token) -> Options:
    """Return what the ledger keeps; blocking, because a rubric may have to be read.

    Raises:
        ForbiddenError: the tier may not ask for this priority.
        BodyError: the rubric is unknown, or has no such point.
    """
    allowed = services.limits(token).priorities
    if asked.priority not in allowed:
        raise ForbiddenError(
            f"Tier {token.tier} may not ask for priority {asked.priority}; it may ask for {', '.join(allowed)}.",
            limit="priorities",
            allowed=list(allowed),
        )
    rubric = services.settings.evaluation.rubric if asked.rubric is None else asked.rubric
    points = rubric_points(rubric)
    if points is None:
        raise body_error(
            [{"where": "options.rubric", "detail": f"there is no rubric {rubric!r}; there are {', '.join(_rubrics())}"}]
        )
    given = asked.not_applicable
    reasons = given if isinstance(given, dict) else dict.fromkeys(given, "")
    unknown = [point for point in reasons if point not in points]
    if unknown:
        raise body_error(
            [
                {
                    "where": "options.not_applicable",
                    "detail": f"rubric {rubric} has no point {point!r}; it has {', '.join(points)}",
                }
                for point in unknown[:MAX_ERRORS]
            ],
            len(unknown),
        )
    return Options(rubric=rubric, priority=asked.priority, not_applicable=reasons, ocr=asked.ocr)


def webhook_json(asked: UploadOptions, services: Services) -> str:
    """Return the webhook as the ledger keeps it, empty when none is asked for; raises :class:`BodyError`."""
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
    """Raise :class:`BodyError` unless there is one sound, unique id for each of ``count`` documents."""
    if len(ids) != count:
        raise body_error([{"where": where, "detail": f"{len(ids)} ids for {count} files; there must be one for each"}])
    errors, first_at = [], dict[str, int]()
    for index, custom_id in enumerate(ids):
        at = f"{where}[{index}]"
        if not is_plain_id(custom_id):
            errors.append(
                {"where": at, "detail": f"must have 1 to {MAX_NAME} visible characters, none blank at an end"}
            )
        elif custom_id in first_at:
            errors.append({"where": at, "detail": f"{custom_id!r} is also the id of file {first_at[custom_id]}"})
        first_at.setdefault(custom_id, index)
    if errors:
        raise body_error(errors)


def rubric_points(name: str) -> tuple[str, ...] | None:
    """Return the ids of a shipped rubric's points, or None when no rubric has that name."""
    # A path would be read by the loader, and a stranger chose this one: only shipped names go further.
    return _points(name) if name in _rubrics() else None


def _rubrics() -> tuple[str, ...]:
    from decalogo.evaluation.rubric import available_rubrics

    return available_rubrics()


@lru_cache(maxsize=64)
def _points(name: str) -> tuple[str, ...]:
    from decalogo.evaluation.rubric import load_rubric

    return tuple(point.id for point in load_rubric(name).data.points)
