"""The watchdog stops a worker that is stuck, and only that."""

from __future__ import annotations

from decalogo.worker.watchdog import Watchdog


class Scene:
    """A worker's life, told second by second."""

    def __init__(self) -> None:
        self.now = 0.0
        self.depth = 0
        self.stops: list[float] = []
        self.watchdog = Watchdog(30, 1, lambda _: self.depth, lambda: self.stops.append(self.now), lambda: self.now)

    def live(self, seconds: int, *, busy: bool, depth: int) -> None:
        self.depth = depth
        for _ in range(seconds):
            self.now += 1
            self.watchdog.look(busy, ["queue"])


def test_a_worker_idle_while_work_waits_is_stopped_once_its_patience_ends() -> None:
    scene = Scene()
    scene.live(31, busy=False, depth=5)
    assert scene.stops == []
    scene.live(1, busy=False, depth=5)
    assert scene.stops == [32]


def test_busy_or_without_work_is_not_stuck() -> None:
    scene = Scene()
    scene.live(100, busy=True, depth=5)
    scene.live(100, busy=False, depth=0)
    assert scene.stops == []


def test_one_moment_of_work_starts_the_patience_anew() -> None:
    scene = Scene()
    for _ in range(5):
        scene.live(29, busy=False, depth=5)
        scene.live(1, busy=True, depth=5)
    assert scene.stops == []


def test_the_time_in_which_nobody_looked_is_not_the_workers() -> None:
    scene = Scene()
    scene.live(10, busy=False, depth=5)
    scene.now += 1000  # the whole process was frozen
    scene.live(21, busy=False, depth=5)
    assert scene.stops == []
    scene.live(1, busy=False, depth=5)
    assert scene.stops == [1032]


def test_an_outage_of_redis_starts_the_patience_anew() -> None:
    scene = Scene()
    for _ in range(5):
        scene.live(29, busy=False, depth=5)
        scene.watchdog.forget()
    assert scene.stops == []
    scene.live(32, busy=False, depth=5)
    assert len(scene.stops) == 1
