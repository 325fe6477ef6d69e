"""Queues: the order in which a worker polls them, and which documents a message may start."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from decalogo.batches.queues import HIGH, QUEUES, SLOW, SUSPECT, SUSPECT_QUEUES, WORK_QUEUES, claimable
from decalogo.queue.order import QueueOrder


@given(shuffled=st.permutations(WORK_QUEUES))
def test_queues_are_polled_by_rank(shuffled: list[str]) -> None:
    order = QueueOrder(shuffled)
    assert order.consume(len(QUEUES)) == list(WORK_QUEUES)
    order.rotate(WORK_QUEUES[0])
    assert order.consume(2) == list(WORK_QUEUES[:2])


def test_queues_of_other_clients_come_last() -> None:
    assert QueueOrder(["reply.celery.pidbox", "slow"]).consume(2) == ["slow", "reply.celery.pidbox"]


def test_a_message_starts_a_document_of_any_queue_that_its_worker_consumes() -> None:
    assert claimable("decalogo_batch_tasks", WORK_QUEUES) == WORK_QUEUES
    assert claimable("high_priority", [HIGH]) == (HIGH,)


def test_messages_with_other_time_limits_start_documents_of_their_own_queue_only() -> None:
    assert claimable("slow", SUSPECT_QUEUES) == (SLOW,)
    assert claimable("suspect", QUEUES) == (SUSPECT,)
    assert not {SUSPECT, SLOW} & {queue for name in WORK_QUEUES for queue in claimable(name, QUEUES)}
