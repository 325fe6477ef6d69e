"""The policy alone: bounds, the guide's thresholds, the time to clear, and quiet on noise."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from decalogo.autoscale.policy import Memory, Seen, decide
from decalogo.autoscale.settings import AutoscaleSettings


def settings(**changes: Any) -> AutoscaleSettings:
    return AutoscaleSettings(**changes)


def seen(**changes: Any) -> Seen:
    found: dict[str, Any] = {"at": 1000.0, "depth": 0, "running": 0, "workers": 1, "rate": 0.0, "room": 100}
    return Seen(**(found | changes))


def several_looks() -> st.SearchStrategy[list[Seen]]:
    look = st.builds(
        Seen,
        at=st.just(0.0),
        depth=st.integers(0, 20_000),
        running=st.integers(0, 500),
        workers=st.just(0),
        rate=st.floats(0, 100),
        room=st.integers(0, 40),
    )
    return st.lists(look, min_size=1, max_size=30)


@given(several_looks(), st.sampled_from(["clear", "guide"]), st.integers(1, 5), st.integers(0, 30), st.floats(0.1, 600))
def test_never_outside_the_bounds(looks: list[Seen], rule: str, least: int, more: int, pause: float) -> None:
    asked = settings(rule=rule, least=least, most=least + more)
    workers, memory = least, Memory()
    for number, look in enumerate(looks):
        now = Seen(number * pause, look.depth, look.running, workers, look.rate, look.room)
        workers, memory = decide(now, memory, asked)
        assert least <= workers <= least + more
        assert workers <= max(look.room, least)


@given(st.lists(st.floats(-0.2, 0.2), min_size=60, max_size=120))
def test_noise_does_not_stop_a_worker_that_was_started_within_the_hold(noise: list[float]) -> None:
    asked = settings(clear_seconds=600, hold_seconds=180, interval_seconds=10, most=20)
    workers, memory, changes = 1, Memory(), []
    for number, wobble in enumerate(noise):
        depth, rate = int(1000 * (1 + wobble)), workers * 0.2 * (1 + wobble)
        before = workers
        workers, memory = decide(Seen(number * 10.0, depth, 2 * workers, workers, rate, 100), memory, asked)
        changes.append(workers - before)
    hold = int(asked.hold_seconds / 10)
    for number, change in enumerate(changes):
        if change < 0:
            assert not any(earlier > 0 for earlier in changes[max(0, number - hold + 1) : number])


def test_the_guides_rule_adds_one_past_500_and_removes_one_below_50() -> None:
    guide = settings(rule="guide", least=2)
    assert decide(seen(depth=501, workers=3), Memory(), guide)[0] == 4
    assert decide(seen(depth=500, workers=3), Memory(), guide)[0] == 3
    assert decide(seen(depth=501, workers=20), Memory(), guide)[0] == 20
    assert decide(seen(depth=50, workers=3), Memory(), guide)[0] == 3
    assert decide(seen(depth=49, workers=3), Memory(), guide)[0] == 2
    assert decide(seen(depth=49, workers=2), Memory(), guide)[0] == 2


def test_the_guides_rule_changes_once_in_five_minutes() -> None:
    guide = settings(rule="guide")
    target, memory = decide(seen(at=1000.0, depth=900, workers=2), Memory(), guide)
    assert target == 3
    assert decide(seen(at=1299.0, depth=900, workers=3), memory, guide)[0] == 3
    assert decide(seen(at=1300.0, depth=900, workers=3), memory, guide)[0] == 4


def test_it_asks_at_once_for_as_many_as_clear_the_queue_in_time() -> None:
    # One worker was measured at 0.5 documents a second, so 600 s of two workers clear 600 documents.
    asked = settings(clear_seconds=600, most=50)
    assert decide(seen(depth=600), Memory(worker_rate=0.5), asked)[0] == 2
    assert decide(seen(depth=3000), Memory(worker_rate=0.5), asked)[0] == 10


def test_it_learns_the_rate_of_a_worker_only_while_all_have_work() -> None:
    asked = settings(settle_seconds=60)
    _, idle = decide(seen(depth=0, workers=4, rate=2.0), Memory(), asked)
    assert idle.worker_rate is None
    _, busy = decide(seen(depth=900, running=8, workers=4, rate=2.0), Memory(), asked)
    assert busy.worker_rate is not None
    assert math.isclose(busy.worker_rate, 0.5)
    _, unsettled = decide(seen(at=1030.0, depth=900, workers=8, rate=2.0), Memory(0.5, changed_at=1000.0), asked)
    assert unsettled.worker_rate == 0.5


def test_it_holds_what_was_wanted_lately_and_then_shrinks() -> None:
    asked = settings(hold_seconds=180, least=1, most=20)
    memory = Memory(worker_rate=0.5)
    target, memory = decide(seen(at=0.0, depth=3000, workers=1), memory, asked)
    assert target == 10
    target, memory = decide(seen(at=100.0, depth=0, workers=10), memory, asked)
    assert target == 10
    target, memory = decide(seen(at=181.0, depth=0, workers=10), memory, asked)
    assert target == 1
