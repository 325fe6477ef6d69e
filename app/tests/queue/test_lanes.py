"""The lanes as Celery's queues: in which order a worker looks at them, and what a message of one may start."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from decalogo.queue.order import LANES, QUEUES, SUSPECT_QUEUES, WORK_QUEUES, QueueOrder, lanes_for


@given(shuffled=st.permutations(WORK_QUEUES))
def test_queues_are_looked_at_by_rank(shuffled: list[str]) -> None:
    order = QueueOrder(shuffled)
    assert order.consume(len(QUEUES)) == list(WORK_QUEUES)
    order.rotate(WORK_QUEUES[0])
    assert order.consume(2) == list(WORK_QUEUES[:2])


def test_queues_that_are_no_lanes_come_last() -> None:
    assert QueueOrder(["reply.celery.pidbox", "slow"]).consume(2) == ["slow", "reply.celery.pidbox"]


def test_a_message_starts_what_waits_in_any_lane_that_its_worker_serves() -> None:
    assert lanes_for("normal", WORK_QUEUES) == ("high", "normal", "low", "large", "scans")
    assert lanes_for("high", ["high_priority"]) == ("high",)
    assert lanes_for("slow", SUSPECT_QUEUES) == ("slow",)
    assert lanes_for("suspect", QUEUES) == ("suspect",)


def test_only_lanes_of_the_same_time_limits_stand_in_for_each_other() -> None:
    for lane in LANES:
        assert {LANES[other].slow for other in lanes_for(lane, QUEUES)} == {LANES[lane].slow}
