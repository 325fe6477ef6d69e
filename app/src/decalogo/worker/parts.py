"""Parts of a large document: split it, read one part, join the parts.

No task waits for another one. The attempt that splits a document ends. Each part is claimed like a document and stores
the pages it read as a file. The last part queues the document again, and the next attempt finds these files. A missing
file is no error: that attempt then reads the pages itself.

A document has one allowance of CPU time. Each attempt stores what it used next to its output, and parts share what the
attempt that split the document left.
"""

from __future__ import annotations

import re
import struct
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

_USED: Final = struct.Struct("<d")
"""Before the output of a part: CPU time that it took, seconds."""
_ALLOWED: Final = re.compile(r"([\d.]+) (.*)", re.DOTALL)
"""The work of a part: CPU time allowed, seconds, and the evaluator's text."""
_LEAST_SHARE: Final = 0.1
"""Share of its allowance that the attempt that joins the parts has at least."""
MAX_SPLITS: Final = 2
"""A document is split once for its pages and once for its OCR pages. After that one attempt reads everything."""


def sizes(claim: Claim, settings: EvaluationSettings) -> SplitSizes:
    """Return the sizes above which this attempt splits its document."""
    if claim.splits >= MAX_SPLITS:
        return SplitSizes()
    return SplitSizes(settings.split_pages, settings.part_pages, settings.ocr_part_pages)


def read_known(claim: Claim, store: AttemptFiles) -> tuple[list[bytes], float]:
    """Return the stored output of the parts, and of the attempt that split the document, as far as it exists.

    Also return the CPU time that they took, seconds.
    """
    found, used = [], 0.0
    for number in range(claim.parts + 1) if claim.split else ():
        try:
            data = store.read(_key(claim.document_id, claim.split, number))
            used += _USED.unpack_from(data)[0]
            found.append(data[_USED.size :])
        except (FileNotFoundError, struct.error):
            log.warning("file of a part is missing; its pages are read again", part=number)
    return found, used


def left(allowed: float, used: float) -> float:
    """Return what is left of an allowance of CPU time, seconds; 0 is no limit."""
    return max(_LEAST_SHARE * allowed, allowed - used)


def with_used(used: float, output: bytes) -> bytes:
    """Return the file of a part: the CPU time that it took, seconds, and its output."""
    return _USED.pack(used) + output


def split(
    claim: Claim, wanted: SplitError, ledger: Ledger, store: AttemptFiles, allowed: float, used: float
) -> list[tuple[str, str]]:
    """Split the document; return the messages to publish, none when the attempt was fenced. Safe to repeat.

    Args:
        claim: the document.
        wanted: the parts.
        ledger: records them.
        store: holds what is known already.
        allowed: CPU time for the document, seconds; 0 is no limit.
        used: CPU time of this attempt, seconds.
    """
    key = _key(claim.document_id, claim.attempt, 0)
    store.put(key, with_used(used, wanted.known))
    share = left(allowed, used) / len(wanted.parts)
    parts = ledger.split(claim, [f"{share:.3f} {text}" for text in wanted.parts], heavy=wanted.heavy)
    if not parts:
        store.delete(key)
    return parts


def work_of(claim: Claim) -> tuple[float, str]:
    """Return the CPU time allowed for a part, seconds, 0 for no limit; and its work, in the evaluator's form."""
    found = _ALLOWED.fullmatch(claim.work)
    return (float(found[1]), found[2]) if found else (0.0, claim.work)


def read_part(work: str, evaluator: SplittingEvaluator, content: Path, options: EvaluateOptions) -> bytes | None:
    """Return the pages of one part, in the evaluator's form; None when they cannot be read.

    The attempt that joins the parts then reads these pages itself and reports the error.
    """
    try:
        return evaluator.read_part(content, work, options)
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
