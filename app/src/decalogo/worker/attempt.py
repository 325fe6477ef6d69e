"""One attempt at a document: claim, evaluate, store the result, finish.

The order of the last two makes results safe. Files are durable before the ledger refers to them, and their names
contain the attempt, so a fenced attempt never overwrites the result of another one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from billiard.exceptions import SoftTimeLimitExceeded

from decalogo.batches.claims import Claim
from decalogo.batches.ledger import Ledger
from decalogo.batches.queues import SLOW
from decalogo.batches.states import TERMINAL, DocumentState
from decalogo.errors import ClaimLostError, DocumentError, RubricError, TimeLimitError
from decalogo.evaluation import progress
from decalogo.evaluation.documents.model import Extracted, OcrOptions
from decalogo.evaluation.documents.page_view import page_views
from decalogo.evaluation.documents.parts import SplitError
from decalogo.evaluation.evaluators import Evaluator, SplittingEvaluator, get_evaluator
from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.rubric import load_rubric
from decalogo.evaluation.scoring.result import Evaluation
from decalogo.metrics.record import Sample, observe
from decalogo.queue.publish import publish
from decalogo.settings import Settings
from decalogo.storage.page_texts import encode_pages
from decalogo.storage.working import AttemptFiles, WorkStore
from decalogo.worker import parts
from decalogo.worker.guard import cpu_seconds_for
from decalogo.worker.outage import through_outage
from decalogo.worker.parts import Publish
from decalogo.worker.progress import cpu_seconds, guarded

log = structlog.get_logger(__name__)

_READING_SHARE: Final = 0.8
"""Share of the soft time limit after which reading stops; the rest is for matching, scoring and storing."""
_STAGES: Final = frozenset({"extract", "score", "evaluate"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of an attempt; ``files`` must be stored before the ledger records it."""

    state: DocumentState
    result_key: str = ""
    pages_key: str = ""
    problem: Mapping[str, object] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()


def run_attempt(
    owner: str,
    queues: Sequence[str],
    ledger: Ledger,
    store: WorkStore,
    settings: Settings,
    publish: Publish = publish,
) -> str:
    """Evaluate the next document (or read the next part), and record the result unless the attempt was fenced.

    Args:
        owner: Celery task id of this attempt.
        queues: queues to claim from, by rank.
        ledger: grants claims and accepts results.
        store: holds documents and results.
        settings: evaluator and limits.
        publish: sends the messages of parts, and of a document whose parts are done.

    Returns:
        The new state of the document; ``split`` when it was split into parts, ``read`` when it was a part, ``skipped``
        when no document waited, ``fenced`` when the result came too late.
    """
    called = time.monotonic()
    claim = ledger.claim(owner, queues)
    if claim is None:
        return "skipped"
    document_id = claim.document_id
    structlog.contextvars.bind_contextvars(batch_id=claim.job_id, document_id=document_id, attempt=claim.attempt)
    try:
        with store.attempt(document_id, claim.attempt, owner) as files:
            return _run(claim, called, ledger, files, settings, publish)
    except ClaimLostError as error:
        observe(("documents", 1, "fenced", settings.evaluation.evaluator))
        log.warning("attempt fenced", outcome="fenced", detail=error.detail)
        return "fenced"


def _run(claim: Claim, called: float, ledger: Ledger, store: AttemptFiles, settings: Settings, publish: Publish) -> str:
    started, used = time.monotonic(), cpu_seconds()
    queue = settings.queue
    limit = queue.slow_soft_time_limit_seconds if claim.queue == SLOW else queue.soft_time_limit_seconds
    deadline = started + _READING_SHARE * limit
    if claim.part_of:
        return _run_part(claim, ledger, store, settings, deadline, publish)
    try:
        outcome = _evaluate(claim, store, settings, deadline)
    except SplitError as wanted:
        allowed = _allowed(get_evaluator(settings.evaluation.evaluator), settings, store.content(claim.document_id))
        used = cpu_seconds() - used
        messages = through_outage(partial(parts.split, claim, wanted, ledger, store, allowed, used))
        parts.publish_quietly(publish, messages)
        log.info("document split into parts", parts=len(messages), seconds=round(time.monotonic() - started, 3))
        return "split" if messages else "fenced"
    except SoftTimeLimitExceeded:
        error = TimeLimitError(f"it was stopped after {limit} s before a page was evaluated; split the document")
        outcome = Outcome(DocumentState.FAILED, problem=error.problem())
    except (DocumentError, RubricError) as error:
        outcome = Outcome(DocumentState.FAILED, problem=error.problem())

    storing = time.monotonic()
    if outcome.files:
        through_outage(partial(store.put_all, outcome.files))
    finishing = time.monotonic()
    stands = through_outage(
        lambda: ledger.finish(
            claim, outcome.state, result_key=outcome.result_key, pages_key=outcome.pages_key, problem=outcome.problem
        )
    )
    if not stands:
        for key in outcome.files:
            store.delete(key)
    elif claim.split and outcome.state is not DocumentState.PARTIAL:
        store.delete_parts(claim.document_id)
    result, now = outcome.state.value if stands else "fenced", time.monotonic()
    observe(
        ("documents", 1, result, settings.evaluation.evaluator),
        ("document", now - started, result),
        ("wait", claim.waited, claim.queue),
        ("stage", started - called, "claim"),
        *((("stage", finishing - storing, "store"),) if outcome.files else ()),
        ("stage", now - finishing, "finish"),
        *outcome.samples,
        *(_failure(outcome) if stands else ()),
    )
    log.info("document finished", outcome=result, seconds=round(now - started, 3))
    return result


def _run_part(
    claim: Claim, ledger: Ledger, store: AttemptFiles, settings: Settings, deadline: float, publish: Publish
) -> str:
    evaluator = get_evaluator(settings.evaluation.evaluator)
    if isinstance(evaluator, SplittingEvaluator):
        path = through_outage(partial(store.content, claim.part_of))
        options = EvaluateOptions(stop=lambda: time.monotonic() > deadline, ocr=_ocr(claim, settings, store))
        allowed, work = parts.work_of(claim)
        used = cpu_seconds()
        with guarded(allowed):
            pages = parts.read_part(work, evaluator, path, options)
        if pages is not None:
            # Every attempt at a part reads the same pages, so the name contains no attempt.
            output = parts.with_used(cpu_seconds() - used, pages)
            through_outage(partial(store.put, f"parts/{claim.document_id}", output))
    counted, queue = through_outage(lambda: ledger.finish_part(claim))
    if queue:
        parts.publish_quietly(publish, [(claim.part_of, queue)])
    document = None if counted else ledger.document(claim.part_of)
    if not counted and (document is None or document.state in TERMINAL):
        store.delete_parts(claim.part_of)
    outcome = "read" if counted else "fenced"
    log.info("part finished", outcome=outcome, last=bool(queue))
    return outcome


def _ocr(claim: Claim, settings: Settings, store: AttemptFiles) -> OcrOptions:
    asked = settings.evaluation
    return OcrOptions(
        "never" if claim.options.ocr == "never" else asked.ocr,
        asked.ocr_max_pages,
        asked.ocr_dpi,
        asked.ocr_page_seconds,
        asked.ocr_document_seconds,
        load_rubric(claim.options.rubric).language.tesseract,
        cache_dir=store.ocr_cache,
    )


def _evaluate(claim: Claim, store: AttemptFiles, settings: Settings, deadline: float) -> Outcome:
    evaluator = get_evaluator(settings.evaluation.evaluator)
    path, rubric = through_outage(partial(store.content, claim.document_id)), load_rubric(claim.options.rubric)
    options = EvaluateOptions(
        not_applicable=claim.options.not_applicable or {},
        max_pages=settings.evaluation.max_pages,
        stop=lambda: time.monotonic() > deadline,
        ocr=_ocr(claim, settings, store),
    )
    started = time.monotonic()
    is_splitting = isinstance(evaluator, SplittingEvaluator)
    known, used = through_outage(partial(parts.read_known, claim, store)) if is_splitting else ([], 0.0)
    with guarded(parts.left(_allowed(evaluator, settings, path), used)):
        if isinstance(evaluator, SplittingEvaluator):
            sizes = parts.sizes(claim, settings.evaluation)
            evaluation = evaluator.evaluate_parts(path, rubric, options, brought=known, sizes=sizes)
        else:
            evaluation = evaluator.evaluate(path, rubric, options)
    progress.at("store")
    result_key = f"results/{claim.document_id}.{claim.attempt}.json"
    pages_key = f"pages/{claim.document_id}.{claim.attempt}.json.gz"
    stages = getattr(evaluation, "seconds", None) or {"evaluate": time.monotonic() - started}
    samples = (
        *(("stage", seconds, stage) for stage, seconds in stages.items() if stage in _STAGES),
        ("pages", len(evaluation.pages)),
        ("bytes", path.stat().st_size),
    )
    files = {pages_key: _pages(evaluation), result_key: evaluation.to_json()}
    if evaluation.partial:
        error = TimeLimitError("the time limit was reached before the last page; the result lists the evaluated pages")
        return Outcome(DocumentState.PARTIAL, result_key, pages_key, error.problem(), files, samples)
    return Outcome(DocumentState.SUCCEEDED, result_key, pages_key, files=files, samples=samples)


def _pages(evaluation: Evaluation) -> bytes:
    """Return the page texts with the layout of each page, if the evaluator reports the document."""
    document: Extracted | None = getattr(evaluation, "document", None)
    if document is None:
        return encode_pages(evaluation.pages)
    views = page_views(document, range(1, len(document.pages) + 1))
    layouts = ({name: view[name] for name in ("recognised", "blocks", "headings", "tables")} for view in views)
    return encode_pages(evaluation.pages, layouts)


def _allowed(evaluator: Evaluator, settings: Settings, path: Path) -> float:
    """Return the CPU time for a document, seconds; 0 is no limit."""
    if getattr(evaluator, "unbounded", False):
        return 0.0
    return cpu_seconds_for(settings.evaluation, path.stat().st_size)


def _failure(outcome: Outcome) -> tuple[Sample, ...]:
    if outcome.state is not DocumentState.FAILED or not outcome.problem:
        return ()
    return (("failures", 1, str(outcome.problem["type"]).rpartition("/")[2]),)
