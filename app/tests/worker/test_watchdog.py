"""The watchdog stops a worker that is stuck, and no other."""

from __future__ import annotations

from decalogo.worker.watchdog import Watchdog


class Scene:
    """Worker observed once per second."""

    def __init__(self) -> None:
        self.now = 0.0
        self.depth = 0
        self.stops: list[float] = []
        self.watchdog = Watchdog(30, 1, lambda _: self.depth, lambda: self.stops.append(self.now), lambda: self.now)

    def live(self, seconds: int, *, busy: bool, depth: int) -> None:
        self.depth = depth
        for _ in range(seconds):
            self.now += 1
            self.watchdog.observe(busy, ["queue"])


def test_a_worker_that_is_idle_while_messages_wait_is_stopped_after_the_limit() -> None:
    scene = Scene()
    scene.live(31, busy=False, depth=5)
    assert scene.stops == []
    scene.live(1, busy=False, depth=5)
    assert scene.stops == [32]


def test_a_worker_that_is_busy_or_has_no_messages_is_not_stuck() -> None:
    scene = Scene()
    scene.live(100, busy=True, depth=5)
    scene.live(100, busy=False, depth=0)
    assert scene.stops == []


def test_one_moment_of_work_restarts_the_limit() -> None:
    scene = Scene()
    for _ in range(5):
        scene.live(29, busy=False, depth=5)
        scene.live(1, busy=True, depth=5)
    assert scene.stops == []


def test_time_without_observation_does_not_count_as_idle() -> None:
    scene = Scene()
    scene.live(10, busy=False, depth=5)
    scene.now += 1000  # the whole process was frozen
    scene.live(21, busy=False, depth=5)
    assert scene.stops == []
    scene.live(1, busy=False, depth=5)
    assert scene.stops == [1032]


def test_an_outage_of_redis_restarts_the_limit() -> None:
    scene = Scene()
    for _ in range(5):
        scene.live(29, busy=False, depth=5)
        scene.watchdog.reset()
    assert scene.stops == []
    scene.live(32, busy=False, depth=5)
    assert len(scene.stops) == 1
