"""Parts of a large document: split it, read one part, join the parts.

No task waits for another one. The attempt that splits a document ends. Each part is claimed like a document and stores
the pages it read as a file. The last part queues the document again, and the next attempt finds these files. A missing
file is no error: that attempt then reads the pages itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from decalogo.batches.claims import Claim
from decalogo.batches.ledger import Ledger
from decalogo.errors import DocumentError
from decalogo.evaluation.documents.model import SplitSizes
from decalogo.evaluation.documents.parts import SplitError
from decalogo.evaluation.evaluators import SplittingEvaluator
from decalogo.evaluation.options import EvaluateOptions
from decalogo.settings import EvaluationSettings
from decalogo.storage.working import AttemptFiles

log = structlog.get_logger(__name__)
Publish = Callable[[Iterable[tuple[str, str]]], None]

MAX_SPLITS: Final = 2
"""A document is split once for its pages and once for its OCR pages. After that one attempt reads everything."""


def sizes(claim: Claim, settings: EvaluationSettings) -> SplitSizes:
    """Return the sizes above which this attempt splits its document."""
    if claim.splits >= MAX_SPLITS:
        return SplitSizes()
    return SplitSizes(settings.split_pages, settings.part_pages, settings.ocr_part_pages)


def read_known(claim: Claim, store: AttemptFiles) -> list[bytes]:
    """Return the stored output of the parts, and of the attempt that split the document, as far as it exists."""
    found = []
    for number in range(claim.parts + 1) if claim.split else ():
        try:
            found.append(store.read(_key(claim.document_id, claim.split, number)))
        except FileNotFoundError:
            log.warning("file of a part is missing; its pages are read again", part=number)
    return found


def split(claim: Claim, wanted: SplitError, ledger: Ledger, store: AttemptFiles) -> list[tuple[str, str]]:
    """Split the document; return the messages to publish, none when the attempt was fenced. Safe to repeat."""
    key = _key(claim.document_id, claim.attempt, 0)
    store.put(key, wanted.known)
    parts = ledger.split(claim, wanted.parts, heavy=wanted.heavy)
    if not parts:
        store.delete(key)
    return parts


def read_part(claim: Claim, evaluator: SplittingEvaluator, content: Path, options: EvaluateOptions) -> bytes | None:
    """Return the pages of one part, in the evaluator's form; None when they cannot be read.

    The attempt that joins the parts then reads these pages itself and reports the error.
    """
    try:
        return evaluator.read_part(content, claim.work, options)
    except (DocumentError, SoftTimeLimitExceeded) as error:
        log.warning("part not read", error=repr(error))
        return None


def publish_quietly(publish: Publish, documents: Iterable[tuple[str, str]]) -> None:
    """Publish messages; if that fails, recovery publishes them later."""
    try:
        publish(documents)
    except (OperationalError, RedisError) as error:
        log.warning("publishing failed; recovery will repeat it", error=repr(error))


def _key(document_id: str, split_: int, number: int) -> str:
    return f"parts/{document_id}.{split_}.{number}"
