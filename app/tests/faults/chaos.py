"""Random faults under load, then a reconciliation by the client: no document lost, none done twice.

    python -m tests.faults.chaos --seed 7 --minutes 10

Everything runs as local processes on 127.0.0.1 and ends with the run. The last line is JSON. The exit status is 1 when
a document was lost, duplicated, wrong or stuck.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from redis.exceptions import RedisError

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.snapshot import take_snapshot
from decalogo.batches.states import TERMINAL, BatchState, DocumentState, NewDocument, Options, Priority
from decalogo.connections import connect
from decalogo.ids import new_id
from decalogo.storage.artifacts import ArtifactStore
from tests.faults.faults import FAULTS
from tests.faults.processes import Processes

_BATCH = 25
_POISON_EVERY = 100


@dataclass
class Report:
    """Outcome of a run; the first four numbers must be 0."""

    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    stuck: int = 0
    seed: int = 0
    minutes: float = 0.0
    accepted: int = 0
    attempts: int = 0
    drained_seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)

    def ok(self) -> bool:
        """Return whether the guarantees held."""
        return self.lost + self.doubled + self.wrong + self.stuck == 0


class Client:
    """Client with its own list of accepted documents and their expected states."""

    def __init__(self, processes: Processes, chance: random.Random) -> None:
        self.ledger: Ledger = open_ledger(processes.settings)
        self.store = ArtifactStore(processes.settings.storage.path)
        self._redis = connect(processes.settings.redis, processes.settings.redis.ledger_db)
        self.accepted: dict[str, dict[str, str]] = {}
        self._chance = chance
        self._count = 0

    def submit(self) -> None:
        """Submit one batch, repeated with the same id until it is accepted, as after a lost reply."""
        job_id, documents, texts = new_id("batch"), [], {}
        for _ in range(_BATCH):
            self._count += 1
            poison = self._count % _POISON_EVERY == 0
            text = "kill" if poison else f"sleep {self._chance.choice((0, 0.01, 0.05, 0.2))} {self._count}"
            document_id = new_id("doc")
            self.store.put(f"documents/{document_id}", text.encode())
            documents.append(NewDocument(document_id, "x.txt", "", "00", len(text)))
            texts[document_id] = text
        options = Options(priority=self._chance.choice(list(Priority)))
        while True:
            try:
                self.ledger.admit(job_id, "chaos", options, documents)
                break
            except RedisError:
                time.sleep(0.2)
        self.accepted[job_id] = texts

    def unfinished(self) -> int:
        """Return the number of unfinished batches."""
        return sum(
            1 for j in self.accepted if (b := self.ledger.batch(j)) is None or b.state is not BatchState.FINISHED
        )

    def reconcile(self, report: Report) -> None:
        """Compare ledger and files with the list of the client."""
        for job_id, texts in self.accepted.items():
            known = {d.document_id: d for d in self.ledger.iterate(job_id)}
            for document_id, text in texts.items():
                report.accepted += 1
                document = known.get(document_id)
                if document is None:
                    report.lost += 1
                    continue
                report.states[document.state] += 1
                report.attempts += document.attempts
                if document.state not in TERMINAL:
                    report.stuck += 1
                elif text == "kill":
                    report.wrong += document.state is not DocumentState.DEAD
                elif document.state is DocumentState.SUCCEEDED:
                    result = json.loads(self.store.read(document.result_key))
                    report.wrong += result["text"] != text
                    # Files of fenced attempts were deleted, or wait for the sweep.
                    report.doubled += document.result_key != f"results/{document_id}.{document.attempts}.json"
                else:  # another document may be dead only after three attempts lost to faults
                    report.lost += document.state is not DocumentState.DEAD or document.attempts < 3
            batch = self.ledger.batch(job_id)
            report.wrong += batch is None or sum(batch.counts.values()) != 2 * len(texts)
        # The metrics must agree with the outcome, to the last document and attempt.
        counted = take_snapshot(self._redis, 1.0).totals
        report.wrong += counted["accepted"] != report.accepted
        report.wrong += counted["attempts"] != report.attempts
        report.wrong += any(counted.get(state, 0) != number for state, number in report.states.items())


def run(seed: int, minutes: float, folder: Path, pause_seconds: tuple[float, float] = (2.0, 8.0)) -> Report:
    """Run faults under load, let the queue drain, and reconcile."""
    chance = random.Random(seed)
    report = Report(seed=seed, minutes=minutes)
    processes = Processes(folder)
    try:
        processes.start_all()
        client = Client(processes, chance)
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            while client.unfinished() < 8:
                client.submit()
            time.sleep(chance.uniform(*pause_seconds))
            fault = chance.choice(FAULTS)
            report.faults[fault.__name__] += 1
            with suppress(RedisError):  # the fault needs Redis, which an earlier one has just killed
                fault(processes, chance)
            processes.heal()
        drained = time.monotonic()
        while client.unfinished() and time.monotonic() < drained + 600:
            processes.heal()
            time.sleep(0.5)
        report.drained_seconds = round(time.monotonic() - drained, 1)
        client.reconcile(report)
    finally:
        processes.stop_all()
    return report


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--minutes", type=float, default=10.0)
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="decalogo-chaos-") as folder:
        report = run(given.seed, given.minutes, Path(folder))
        if not report.ok():
            keep = Path(tempfile.gettempdir()) / f"decalogo-chaos-{given.seed}-logs"
            keep.mkdir(exist_ok=True)
            for log in Path(folder).glob("*.log"):
                (keep / log.name).write_bytes(log.read_bytes())
            print(f"logs kept in {keep}", file=sys.stderr)
    print(json.dumps(vars(report)))
    return 0 if report.ok() else 1


if __name__ == "__main__":
    sys.exit(main())
