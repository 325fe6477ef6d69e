"""A document in parts: cutting it, reading one part, and what the parts brought.

No task waits for another: the attempt that cuts a document ends, each part is a message of its own, and the last part
to be done queues the document again, for an attempt that finds what was brought. Nothing depends on a part's file being
there: what is missing is read by that attempt itself.
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

MOST_SPLITS: Final = 2
"""A document is cut for its pages once, and for those without text once; after that an attempt does all by itself."""


def sizes(claim: Claim, settings: EvaluationSettings) -> SplitSizes:
    """Return when this attempt may cut its document."""
    if claim.splits >= MOST_SPLITS:
        return SplitSizes()
    return SplitSizes(settings.split_pages, settings.part_pages, settings.ocr_part_pages)


def brought(claim: Claim, store: AttemptFiles) -> list[bytes]:
    """Return what the parts of the document brought and what was known before them, as far as it is there."""
    found = []
    for number in range(claim.parts + 1) if claim.split else ():
        try:
            found.append(store.read(_key(claim.document_id, claim.split, number)))
        except FileNotFoundError:
            log.warning("a part's pages are gone and are read again", part=number)
    return found


def split(claim: Claim, wanted: SplitError, ledger: Ledger, store: AttemptFiles) -> list[tuple[str, str]]:
    """Cut the document; returns what is to be published, nothing when the attempt came too late. Safe to repeat."""
    key = _key(claim.document_id, claim.attempt, 0)
    store.put(key, wanted.known)
    parts = ledger.split(claim, wanted.parts, heavy=wanted.heavy)
    if not parts:
        store.delete(key)
    return parts


def read_part(claim: Claim, evaluator: SplittingEvaluator, content: Path, options: EvaluateOptions) -> bytes | None:
    """Return what one part brings.

    A part that cannot be read brings nothing: the attempt that puts the document together then says what is wrong.
    """
    try:
        return evaluator.read_part(content, claim.work, options)
    except (DocumentError, SoftTimeLimitExceeded) as error:
        log.warning("a part was not read", error=repr(error))
        return None


def publish_quietly(publish: Publish, documents: Iterable[tuple[str, str]]) -> None:
    """Publish now rather than at the janitor's next look; if that fails, it is only later."""
    try:
        publish(documents)
    except (OperationalError, RedisError) as error:
        log.warning("publishing failed; the janitor will repeat it", error=repr(error))


def _key(document_id: str, split_: int, number: int) -> str:
    return f"parts/{document_id}.{split_}.{number}"
