"""The summary of a document for signature, with the office's letterhead."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from decalogo.access.tokens import Token
from decalogo.api.exports import retention_of, reviewed_scores
from decalogo.api.services import Services
from decalogo.batches.states import Document
from decalogo.logs import get_logger
from decalogo.reports.answers import plain
from decalogo.reports.labels import labels_for
from decalogo.reports.reviewed import Reviewed
from decalogo.reports.summary import Letterhead, Summary
from decalogo.reports.view import View
from decalogo.reviews.scores import applied
from decalogo.settings import LetterheadSettings

_LOGO_BYTES: Final = 1 << 20
_METADATA: Final = ("code", "department", "period")
_log = get_logger(__name__)


def summary_of(document: Document, result: dict[str, Any], services: Services, token: Token) -> Summary:
    """Return the content of a document's summary; blocking.

    Args:
        document: the document.
        result: the machine's result.
        services: settings and reviews.
        token: who asks; see :func:`decalogo.api.exports.reviews_for`.
    """
    labels = labels_for(result)
    scores = reviewed_scores(document, result, services, token)
    about = [(labels.words[key], plain(document.metadata[key])) for key in _METADATA if document.metadata.get(key)]
    return Summary(
        machine=result,
        view=View(
            applied(result, scores) if scores else result,
            labels,
            document.name,
            retention=retention_of(services.ledger.batch(document.job_id), services),
        ),
        reviewed=Reviewed(scores, labels) if scores else None,
        letterhead=letterhead(services.settings.letterhead),
        about=tuple(about),
        date=datetime.fromtimestamp(int(document.finished_at), UTC),
    )


def letterhead(settings: LetterheadSettings) -> Letterhead:
    """Return the office's letterhead; without the logo if its file cannot be used."""
    return Letterhead(
        organisation=settings.organisation,
        address=tuple(line.strip() for line in settings.address.split("|") if line.strip()),
        logo=_logo(settings),
        title=settings.title,
        introduction=settings.introduction,
        closing=settings.closing,
        role=settings.role,
    )


def _logo(settings: LetterheadSettings) -> bytes:
    if settings.logo is None:
        return b""
    try:
        content = settings.logo.read_bytes() if settings.logo.stat().st_size <= _LOGO_BYTES else b""
    except OSError as error:
        _log.warning("the logo of summaries cannot be read", path=str(settings.logo), error=error.strerror)
        return b""
    if not content.startswith((b"\x89PNG", b"\xff\xd8\xff")):
        _log.warning("the logo of summaries is no PNG or JPEG of up to 1 MiB", path=str(settings.logo))
        return b""
    return content
