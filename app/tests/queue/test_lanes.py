"""The order between lanes: strict, and yet low is never starved."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from decalogo.queue.lanes import LANES, LOW_SHARE, QUEUES, WORK_QUEUES, LaneOrder


def take(order: LaneOrder, waiting: Counter[str]) -> str | None:
    for queue in order.consume(len(QUEUES)):
        if waiting[queue]:
            waiting[queue] -= 1
            order.rotate(queue)
            return queue
    return None


def test_high_goes_before_normal_and_normal_before_low() -> None:
    order = LaneOrder(["low_priority", "decalogo_batch_tasks", "high_priority"])
    assert order.consume(3) == list(WORK_QUEUES[:3])
    assert order.consume(2) == list(WORK_QUEUES[:2])


@given(shuffled=st.permutations(WORK_QUEUES), high=st.integers(100, 300))
def test_low_gets_its_share_while_high_never_ends(shuffled: list[str], high: int) -> None:
    order, waiting = LaneOrder(shuffled), Counter({"high_priority": high, "low_priority": high})
    taken = [take(order, waiting) for _ in range(100)]
    assert taken.count("low_priority") == 100 // LOW_SHARE
    assert taken.count("high_priority") == 100 - 100 // LOW_SHARE


@given(shuffled=st.permutations(WORK_QUEUES))
def test_scans_wait_behind_small_documents_and_get_their_share(shuffled: list[str]) -> None:
    order, waiting = LaneOrder(shuffled), Counter({"decalogo_batch_tasks": 90, "scans": 200})
    taken = [take(order, waiting) for _ in range(100)]
    assert taken.count("scans") == 100 // LOW_SHARE
    assert taken.count("decalogo_batch_tasks") == 90


@given(st.dictionaries(st.sampled_from(WORK_QUEUES), st.integers(0, 30)))
def test_nothing_is_left_while_something_waits(depths: dict[str, int]) -> None:
    order, waiting = LaneOrder(WORK_QUEUES), Counter(depths)
    for _ in range(sum(depths.values())):
        assert take(order, waiting) is not None
    assert take(order, waiting) is None


def test_queues_that_are_no_lanes_come_last() -> None:
    assert LaneOrder(["reply.celery.pidbox", "slow"]).consume(2) == ["slow", "reply.celery.pidbox"]


def test_a_worker_without_the_low_lane_takes_its_own_queues_only() -> None:
    order = LaneOrder(["slow", "suspect"])
    for _ in range(2 * LOW_SHARE):
        assert order.consume(5) == [LANES["suspect"].queue, LANES["slow"].queue]
        order.rotate("slow")
