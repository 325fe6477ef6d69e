"""Scaling policy: bounds, both rules, the rate of a worker, and stability under noise."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from decalogo.autoscale.policy import Observation, PolicyState, decide
from decalogo.settings import AutoscaleSettings


def settings(**changes: Any) -> AutoscaleSettings:
    return AutoscaleSettings(**changes)


def seen(**changes: Any) -> Observation:
    found: dict[str, Any] = {"at": 1000.0, "depth": 0, "running": 0, "workers": 1, "rate": 0.0, "capacity": 100}
    return Observation(**(found | changes))


def observations() -> st.SearchStrategy[list[Observation]]:
    one = st.builds(
        Observation,
        at=st.just(0.0),
        depth=st.integers(0, 20_000),
        running=st.integers(0, 500),
        workers=st.just(0),
        rate=st.floats(0, 100),
        capacity=st.integers(0, 40),
    )
    return st.lists(one, min_size=1, max_size=30)


@given(
    observations(),
    st.sampled_from(["drain_time", "thresholds"]),
    st.integers(1, 5),
    st.integers(0, 30),
    st.floats(0.1, 600),
)
def test_the_number_of_workers_stays_within_the_bounds(
    series: list[Observation], rule: str, lower: int, more: int, pause: float
) -> None:
    asked = settings(rule=rule, min_workers=lower, max_workers=lower + more)
    workers, state = lower, PolicyState()
    for number, one in enumerate(series):
        now = Observation(number * pause, one.depth, one.running, workers, one.rate, one.capacity)
        workers, state = decide(now, state, asked)
        assert lower <= workers <= lower + more
        assert workers <= max(one.capacity, lower)


@given(st.lists(st.floats(-0.2, 0.2), min_size=60, max_size=120))
def test_noise_stops_no_worker_that_was_started_within_the_stabilization_window(noise: list[float]) -> None:
    asked = settings(target_drain_seconds=600, max_workers=20)
    workers, state, changes = 1, PolicyState(), []
    for number, wobble in enumerate(noise):
        depth, rate = int(1000 * (1 + wobble)), workers * 0.2 * (1 + wobble)
        before = workers
        workers, state = decide(Observation(number * 10.0, depth, 2 * workers, workers, rate, 100), state, asked)
        changes.append(workers - before)
    window = int(asked.stabilization_seconds / asked.interval_seconds)
    for number, change in enumerate(changes):
        if change < 0:
            assert not any(earlier > 0 for earlier in changes[max(0, number - window + 1) : number])


def test_the_rule_thresholds_adds_one_past_500_and_removes_one_below_50() -> None:
    asked = settings(rule="thresholds", min_workers=2)
    assert decide(seen(depth=501, workers=3), PolicyState(), asked)[0] == 4
    assert decide(seen(depth=500, workers=3), PolicyState(), asked)[0] == 3
    assert decide(seen(depth=501, workers=20), PolicyState(), asked)[0] == 20
    assert decide(seen(depth=50, workers=3), PolicyState(), asked)[0] == 3
    assert decide(seen(depth=49, workers=3), PolicyState(), asked)[0] == 2
    assert decide(seen(depth=49, workers=2), PolicyState(), asked)[0] == 2


def test_the_rule_thresholds_changes_once_in_five_minutes() -> None:
    asked = settings(rule="thresholds")
    target, state = decide(seen(at=1000.0, depth=900, workers=2), PolicyState(), asked)
    assert target == 3
    assert decide(seen(at=1299.0, depth=900, workers=3), state, asked)[0] == 3
    assert decide(seen(at=1300.0, depth=900, workers=3), state, asked)[0] == 4


def test_the_rule_drain_time_immediately_asks_for_enough_workers_to_drain_the_queue_in_time() -> None:
    # One worker was measured at 0.5 documents per second, so 600 s of two workers clear 600 documents.
    asked = settings(target_drain_seconds=600, max_workers=50)
    assert decide(seen(depth=600), PolicyState(worker_rate=0.5), asked)[0] == 2
    assert decide(seen(depth=3000), PolicyState(worker_rate=0.5), asked)[0] == 10


def test_the_rate_of_a_worker_is_measured_only_while_all_workers_are_busy() -> None:
    asked = settings(target_drain_seconds=600)
    _, idle = decide(seen(depth=0, workers=4, rate=2.0), PolicyState(), asked)
    assert idle.worker_rate is None
    _, busy = decide(seen(depth=900, running=8, workers=4, rate=2.0), PolicyState(), asked)
    assert busy.worker_rate is not None
    assert math.isclose(busy.worker_rate, 0.5)
    _, unsettled = decide(seen(at=1030.0, depth=900, workers=8, rate=2.0), PolicyState(0.5, changed_at=1000.0), asked)
    assert unsettled.worker_rate == 0.5


def test_it_scales_down_only_after_the_stabilization_window() -> None:
    asked = settings(target_drain_seconds=600, min_workers=1, max_workers=20)
    state = PolicyState(worker_rate=0.5)
    target, state = decide(seen(at=0.0, depth=3000, workers=1), state, asked)
    assert target == 10
    target, state = decide(seen(at=100.0, depth=0, workers=10), state, asked)
    assert target == 10
    target, state = decide(seen(at=181.0, depth=0, workers=10), state, asked)
    assert target == 1


def test_there_are_six_settings_and_all_times_follow_from_one() -> None:
    assert len(AutoscaleSettings.model_fields) == 6
    asked = settings()
    times = (asked.interval_seconds, asked.stabilization_seconds, asked.cooldown_seconds, asked.change_seconds)
    assert times == (10, 180, 60, 300)


@pytest.mark.parametrize("thresholds", [(500, 50), (50, 50), (-1, 50)])
def test_thresholds_in_the_wrong_order_are_refused(thresholds: tuple[int, int]) -> None:
    with pytest.raises(ValidationError, match=r"autoscale\.thresholds"):
        settings(thresholds=thresholds)
