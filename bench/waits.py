"""Measure how long documents of a tenant wait while another tenant sends hostile ones.

    python bench/waits.py [--rounds N] [--documents N]

An embedded appliance with two worker processes runs rounds in turns: a batch of small documents alone, and the same
batch right after hostile documents of another tenant (the PDFs of `tests/stack/edge/hostile_files.py`).
The script prints the median of the seconds from upload to start for each round, and the median rise.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from datetime import datetime
from pathlib import Path

from appliance import Embedded, wait
from decalogo.client.appliance import Appliance
from decalogo.client.connection import Connection

sys.path.append(str(Path(__file__).parents[1] / "tests/stack/edge"))
from hostile_files import HOSTILE

_SECONDS = 600


def median_wait(appliance: Embedded, contents: list[bytes]) -> float:
    """Submit documents, and return the median of their seconds from upload to start."""
    job_id = appliance.submit(contents, ".txt")
    wait(lambda: appliance.client.status(job_id)["state"] == "finished", _SECONDS, "documents finished")
    waits = [_moment(one["started_at"]) - _moment(one["created_at"]) for one in appliance.documents(job_id)]
    return statistics.median(waits)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def main() -> None:
    """Print one row per round."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=int, default=20, help="small documents per batch")
    options = parser.parse_args()
    small = [f"La tasa de mortalidad fue de {n} por mil en 2019.".encode() for n in range(options.documents)]
    hostile = [make() for name, make in HOSTILE.items() if name.endswith(".pdf")]
    rises = []
    print("| round | alone s | during the attack s | hostile documents |")
    print("|---|---|---|---|")
    with Embedded() as appliance:
        client, token = appliance.client, appliance.make_token("attacker")
        for number in range(options.rounds):
            alone = median_wait(appliance, [*small])
            appliance.client = Appliance(Connection(appliance.instance.url, token))
            job_id = appliance.submit(hostile, ".pdf")
            attacker, appliance.client = appliance.client, client
            attacked = median_wait(appliance, [*small])
            wait(lambda: attacker.status(job_id)["state"] == "finished", _SECONDS, "hostile documents finished")
            states = sorted({f"{one['state']} {one['attempts']}" for one in attacker.documents(job_id)})
            rises.append(attacked - alone)
            print(f"| {number + 1} | {alone:.2f} | {attacked:.2f} | {', '.join(states)} |", flush=True)
    print(f"median rise: {statistics.median(rises):.2f} s")


if __name__ == "__main__":
    main()
