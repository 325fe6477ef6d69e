"""Runbooks name the words that metrics and queues really use."""

import re
from pathlib import Path

from decalogo.batches.queues import QUEUES, SUSPECT_QUEUES, WORK_QUEUES
from decalogo.metrics.ledger import _LOST

RUNBOOKS = Path(__file__).resolve().parents[3] / "docs/runbooks"


def test_the_reasons_of_lost_attempts_are_those_of_the_metric() -> None:
    looked, done = (RUNBOOKS / "RedeliveryStorm.md").read_text().split("## What to do")
    listed = looked.split("*Lost attempts by reason*: ")[1].split("\n- ")[0]

    assert set(re.findall(r"`([a-z-]+)`", listed)) == set(_LOST)
    advised = [word for line in re.findall(r"^- (.+?):", done, re.M) for word in re.findall(r"`([a-z-]+)`", line)]
    assert sorted(advised) == sorted(_LOST)


def test_the_lanes_of_each_service_are_those_it_serves() -> None:
    text = (RUNBOOKS / "OldestDocumentTooOld.md").read_text()
    (worker,) = re.findall(r"`worker` serves ([^;]+);", text)
    (suspect,) = re.findall(r"`suspect` serves ([^.]+)\.", text)

    def number(words: str) -> int:
        return len(re.split(r", | and ", words))

    assert (number(worker), number(suspect)) == (len(WORK_QUEUES), len(SUSPECT_QUEUES))
    named = re.findall(r"`([a-z_]+)`", text.split("## What to do")[1])
    assert set(named) - {"worker"} <= set(QUEUES)
