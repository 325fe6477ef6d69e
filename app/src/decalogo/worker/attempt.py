"""One attempt at one document: claim, evaluate, store, finish."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import orjson
import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from decalogo.batches.claims import Claim
from decalogo.batches.ledger import Ledger
from decalogo.batches.states import TERMINAL, DocumentState
from decalogo.errors import ClaimLostError, DocumentError, RubricError, UnavailableError
from decalogo.evaluation import progress
from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.documents.parts import SplitError
from decalogo.evaluation.evaluators import SplittingEvaluator, get_evaluator
from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.rubric import load_rubric
from decalogo.metrics.record import Sample, observe
from decalogo.queue.order import LANES
from decalogo.queue.publish import publish
from decalogo.settings import Settings
from decalogo.storage.working import AttemptFiles, WorkStore
from decalogo.worker import parts
from decalogo.worker.parts import Publish

log = structlog.get_logger(__name__)
T = TypeVar("T")


# Of the soft limit, the share given to reading; the rest is for judging what was read and storing it.
_READING_SHARE = 0.8
_STAGES = frozenset({"extract", "judge", "evaluate"})
_REFUSES_WRITES = ("OOM", "MISCONF", "READONLY", "command not allowed when used memory", "Errors writing to the AOF")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an attempt came to; ``files`` are to be stored before the ledger hears of it."""

    state: DocumentState
    result_key: str = ""
    pages_key: str = ""
    problem: Mapping[str, object] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()


class TimeLimitError(DocumentError):
    """The evaluation took longer than the soft time limit."""

    slug, title = "time-limit-exceeded", "The evaluation took too long"


def run_document(
    owner: str,
    lanes: Sequence[str],
    ledger: Ledger,
    store: WorkStore,
    settings: Settings,
    publish: Publish = publish,
) -> str:
    """Evaluate the document whose turn it is (or read a part of one), and record the answer if it still counts.

    Args:
        owner: Celery task id of this attempt.
        lanes: where to take it from, by rank.
        ledger: decides who may run and whose answer stands.
        store: holds the upload and takes the result.
        settings: evaluator and limits.
        publish: sends the messages of parts, and of a document whose parts are done.

    Returns:
        The document's new state, ``split`` when it was cut into parts, ``read`` when it was a part, ``skipped`` when
        nothing waited, or ``fenced`` when the answer came too late.
    """
    asked = time.monotonic()
    claim = ledger.claim(None, owner, lanes=lanes)
    if claim is None:
        return "skipped"
    document_id = claim.document_id
    structlog.contextvars.bind_contextvars(batch_id=claim.job_id, document_id=document_id, attempt=claim.attempt)
    try:
        with store.attempt(document_id, claim.attempt, owner) as files:
            return _run(claim, asked, ledger, files, settings, publish)
    except ClaimLostError as error:
        observe(("documents", 1, "fenced", settings.evaluation.evaluator))
        log.warning("the answer came too late", outcome="fenced", detail=error.detail)
        return "fenced"


def _run(claim: Claim, asked: float, ledger: Ledger, store: AttemptFiles, settings: Settings, publish: Publish) -> str:
    started = time.monotonic()
    queue = settings.queue
    limit = queue.slow_soft_time_limit_seconds if LANES[claim.lane].slow else queue.soft_time_limit_seconds
    deadline = started + _READING_SHARE * limit
    if claim.part_of:
        return _run_part(claim, ledger, store, settings, deadline, publish)
    try:
        answer = _evaluate(claim, store, settings, deadline)
    except SplitError as wanted:
        messages = _through_outage(partial(parts.split, claim, wanted, ledger, store))
        parts.publish_quietly(publish, messages)
        log.info("document cut into parts", parts=len(messages), seconds=round(time.monotonic() - started, 3))
        return "split" if messages else "fenced"
    except SoftTimeLimitExceeded:
        error = TimeLimitError(f"it was stopped after {limit} s and nothing was read; split the document")
        answer = Answer(DocumentState.FAILED, problem=error.problem())
    except (DocumentError, RubricError) as error:
        answer = Answer(DocumentState.FAILED, problem=error.problem())

    storing = time.monotonic()
    if answer.files:
        _through_outage(partial(store.put_all, answer.files))
    finishing = time.monotonic()
    stands = _through_outage(
        lambda: ledger.finish(
            claim, answer.state, result_key=answer.result_key, pages_key=answer.pages_key, problem=answer.problem
        )
    )
    if not stands:
        for key in answer.files:
            store.delete(key)
    elif claim.split and answer.state is not DocumentState.PARTIAL:
        store.delete_parts(claim.document_id)
    outcome, now = answer.state.value if stands else "fenced", time.monotonic()
    observe(
        ("documents", 1, outcome, settings.evaluation.evaluator),
        ("document", now - started, outcome),
        ("wait", claim.waited, LANES[claim.lane].queue),
        ("stage", started - asked, "claim"),
        *((("stage", finishing - storing, "store"),) if answer.files else ()),
        ("stage", now - finishing, "finish"),
        *answer.samples,
        *(_failure(answer) if stands else ()),
    )
    log.info("document finished", outcome=outcome, seconds=round(now - started, 3))
    return outcome


def _run_part(
    claim: Claim, ledger: Ledger, store: AttemptFiles, settings: Settings, deadline: float, publish: Publish
) -> str:
    evaluator = get_evaluator(settings.evaluation.evaluator)
    if isinstance(evaluator, SplittingEvaluator):
        path = _through_outage(partial(store.content, claim.part_of))
        options = EvaluateOptions(stop=lambda: time.monotonic() > deadline, ocr=_ocr(claim, settings, store))
        pages = parts.read_part(claim, evaluator, path, options)
        if pages is not None:
            # Every attempt at a part brings the same, so its name holds no attempt.
            _through_outage(partial(store.put, f"parts/{claim.document_id}", pages))
    counted, lane = _through_outage(lambda: ledger.part_done(claim))
    if lane:
        parts.publish_quietly(publish, [(claim.part_of, lane)])
    document = None if counted else ledger.document(claim.part_of)
    if not counted and (document is None or document.state in TERMINAL):
        store.delete_parts(claim.part_of)
    outcome = "read" if counted else "fenced"
    log.info("part finished", outcome=outcome, last=bool(lane))
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


def _evaluate(claim: Claim, store: AttemptFiles, settings: Settings, deadline: float) -> Answer:
    evaluator = get_evaluator(settings.evaluation.evaluator)
    path, rubric = _through_outage(partial(store.content, claim.document_id)), load_rubric(claim.options.rubric)
    options = EvaluateOptions(
        not_applicable=claim.options.not_applicable or {},
        max_pages=settings.evaluation.max_pages,
        stop=lambda: time.monotonic() > deadline,
        ocr=_ocr(claim, settings, store),
    )
    started = time.monotonic()
    if isinstance(evaluator, SplittingEvaluator):
        known = _through_outage(partial(parts.brought, claim, store))
        sizes = parts.sizes(claim, settings.evaluation)
        evaluation = evaluator.evaluate_parts(path, rubric, options, brought=known, sizes=sizes)
    else:
        evaluation = evaluator.evaluate(path, rubric, options)
    progress.at("store")
    # The attempt is part of the name: a late writer can never replace the result that stands.
    result_key = f"results/{claim.document_id}.{claim.attempt}.json"
    pages_key = f"pages/{claim.document_id}.{claim.attempt}.json.gz"
    stages = getattr(evaluation, "seconds", None) or {"evaluate": time.monotonic() - started}
    samples = (
        *(("stage", seconds, stage) for stage, seconds in stages.items() if stage in _STAGES),
        ("pages", len(evaluation.pages)),
        ("bytes", path.stat().st_size),
    )
    pages = gzip.compress(orjson.dumps(evaluation.pages), compresslevel=3, mtime=0)
    files = {pages_key: pages, result_key: evaluation.to_json()}
    if evaluation.partial:
        error = TimeLimitError("the time limit came before the last page; the result says which pages are in")
        return Answer(DocumentState.PARTIAL, result_key, pages_key, error.problem(), files, samples)
    return Answer(DocumentState.SUCCEEDED, result_key, pages_key, files=files, samples=samples)


def _failure(answer: Answer) -> tuple[Sample, ...]:
    if answer.state is not DocumentState.FAILED or not answer.problem:
        return ()
    return (("failures", 1, str(answer.problem["type"]).rpartition("/")[2]),)


def _through_outage(action: Callable[[], T]) -> T:
    """Repeat an idempotent step until Redis answers and the disk has room; the task's time limit bounds the wait."""
    pause = 0.1
    while True:
        try:
            return action()
        except (ConnectionError, TimeoutError, ResponseError, UnavailableError) as error:
            # A Redis that is full, or whose disk is, refuses writes for a while; any other refusal is our own fault.
            if isinstance(error, ResponseError) and not str(error).startswith(_REFUSES_WRITES):
                raise
            log.warning("holding the result", error=type(error).__name__, detail=str(error))
            time.sleep(pause)
            pause = min(2 * pause, 2.0)
