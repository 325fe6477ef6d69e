"""Measure the console of an embedded appliance: first load, page times, page pictures, highlights, memory.

    python bench/console.py PLAN.pdf [--rows 1103] [--pictures 500] [--quotes 2000] [--sessions 50]

PLAN is a real plan. Prints one JSON line per figure. Times are those of the server's answer on this machine, without a
browser; the first load counts the bytes and requests of the sign-in page as a browser would make them. The sessions
watch the batch while it is evaluated, as browsers do: each follows the events of the batch and turns pages meanwhile.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import statistics
import threading
import time
import unicodedata
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from appliance import Embedded, wait

TEXT = "Programa de salud {number}. La tasa de mortalidad infantil del municipio fue de 12,4 % en 2019 según el DANE."


def figure(name: str, **values: Any) -> None:
    """Print one figure."""
    print(json.dumps({"figure": name, **values}), flush=True)


def timed(session: httpx.Client, path: str, times: int) -> dict[str, float]:
    """Return median and largest time of a page, milliseconds, and its size in bytes."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        answer = session.get(path)
        took.append(1000 * (time.perf_counter() - started))
        answer.raise_for_status()
    return {"median_ms": round(statistics.median(took), 1), "max_ms": round(max(took), 1), "bytes": len(answer.content)}


def sign_in(url: str, token: str) -> httpx.Client:
    """Return a client with the cookie of a session."""
    session = httpx.Client(base_url=url, timeout=120, trust_env=False, headers={"Accept": "text/html"})
    answer = session.post("/sign-in", data={"token": token}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303, answer.text[:200]
    return session


def first_load(url: str) -> None:
    """Count what a browser loads for the first page."""
    with httpx.Client(base_url=url, trust_env=False, headers={"Accept": "text/html"}) as browser:
        page = browser.get("/sign-in")
        links = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
        sizes = [len(page.content), *(len(browser.get(link).content) for link in links)]
    figure("first load", requests=len(sizes), bytes=sum(sizes))


def squashed(text: str) -> str:
    """Return letters and digits, folded."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum())


def highlights(session: httpx.Client, document: str, result: dict[str, Any], most: int) -> None:
    """Count the quotes whose rectangles hold exactly the quote's characters."""
    places = [e for answer in result["answers"] for e in answer["evidence"] if not e.get("recognised")][:most]
    found = 0
    for item in places:
        path = f"/api/v1/documents/{document}/pages/{item['page']}/boxes"
        boxes = session.get(path, params={"start": item["start"], "end": item["end"]}).json()
        found += sorted(squashed(boxes["text"])) == sorted(squashed(item["quote"])) and bool(boxes["boxes"])
    figure("highlights", quotes=len(places), found=found, share=round(found / max(1, len(places)), 4))


def memory(pid: int) -> float:
    """Return the resident memory of a process, MiB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return round(int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) / 1024, 1)


def tree(pid: int) -> list[int]:
    """Return the pids below a process."""
    below = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return below + [grandchild for child in below for grandchild in tree(child)]


def pictures(appliance: Embedded, session: httpx.Client, document: str, pages: int, count: int) -> None:
    """Measure first and repeated page pictures, and memory while many are made."""
    first = [timed(session, f"/documents/{document}/pages/{page}.webp?width=1200", 1) for page in range(1, 21)]
    again = [timed(session, f"/documents/{document}/pages/{page}.webp?width=1200", 1) for page in range(1, 21)]
    for name, rows in (("page picture, first", first), ("page picture, cached", again)):
        figure(
            name, median_ms=statistics.median(row["median_ms"] for row in rows), max_ms=max(r["max_ms"] for r in rows)
        )
    before = {pid: memory(pid) for pid in tree(appliance.pid("api"))}
    for number in range(count):
        width = 600 + 100 * (number % 8)
        session.get(f"/documents/{document}/pages/{1 + number % pages}.webp?width={width}").raise_for_status()
    after = {pid: memory(pid) for pid in tree(appliance.pid("api"))}
    figure(
        "memory during page pictures", pictures=count, before_mib=sum(before.values()), after_mib=sum(after.values())
    )


class Watcher(threading.Thread):
    """A person who watches a batch: the events of its page, and every two seconds a page, an answer or a picture.

    Args:
        appliance: the appliance.
        job: the watched batch.
        paths: pages that the person opens, in turns.
    """

    def __init__(self, appliance: Embedded, job: str, paths: list[str]) -> None:
        super().__init__(daemon=True)
        self._url, self._token, self._job, self._paths = appliance.instance.url, appliance.token, job, paths
        self.times: list[float] = []
        self.events = 0

    def run(self) -> None:
        """Watch until the batch is finished."""
        with closing(sign_in(self._url, self._token)) as session:
            stream = threading.Thread(target=self._follow, args=(session,), daemon=True)
            stream.start()
            for path in itertools.cycle(self._paths):
                started = time.perf_counter()
                session.get(path).raise_for_status()
                self.times.append(1000 * (time.perf_counter() - started))
                stream.join(2)
                if not stream.is_alive():
                    return

    def _follow(self, session: httpx.Client) -> None:
        address = f"/api/v1/batch/{self._job}/events"
        finished = False
        while not finished:  # the service ends a stream after five minutes, and the browser opens it again
            with session.stream("GET", address, headers={"Accept": "text/event-stream"}) as answer:
                for line in answer.iter_lines():
                    self.events += line.startswith("event:")
                    finished = finished or line == "event: finished"


def watched(appliance: Embedded, job: str, paths: list[str], count: int) -> None:
    """Let people watch a batch until it is finished, and measure the pages they open and the memory of the API."""
    pids = tree(appliance.pid("api"))
    before = sum(memory(pid) for pid in pids)
    watchers = [Watcher(appliance, job, [*paths[n % len(paths) :], *paths[: n % len(paths)]]) for n in range(count)]
    for watcher in watchers:
        watcher.start()
    most = before
    while any(watcher.is_alive() for watcher in watchers):
        time.sleep(1)
        most = max(most, sum(memory(pid) for pid in pids))
    times = sorted(took for watcher in watchers for took in watcher.times)
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    figure(
        "sessions that watch one batch",
        sessions=count,
        pages=len(times),
        fewest_events=min(watcher.events for watcher in watchers),
        p50_ms=round(cuts[49], 1),
        p95_ms=round(cuts[94], 1),
        p99_ms=round(cuts[98], 1),
        before_mib=round(before, 1),
        most_mib=round(most, 1),
    )


def main() -> None:
    """Run all measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--rows", type=int, default=1103)
    parser.add_argument("--pictures", type=int, default=500)
    parser.add_argument("--quotes", type=int, default=2000)
    parser.add_argument("--sessions", type=int, default=50)
    options = parser.parse_args()
    with Embedded(2, {}) as appliance:
        first_load(appliance.instance.url)
        session = sign_in(appliance.instance.url, appliance.token)
        job = appliance.submit([options.plan.read_bytes()], ".pdf")
        wait(lambda: appliance.client.status(job)["state"] == "finished", 300, "the plan is evaluated")
        (entry,) = appliance.documents(job)
        document = entry["document_id"]
        result = session.get(f"/api/v1/documents/{document}/result").json()
        figure("document page", **timed(session, f"/documents/{document}", 20))
        figure("answer page with picture", **timed(session, f"/documents/{document}/answers/P4-D1-Q1", 20))
        highlights(session, document, result, options.quotes)
        pictures(appliance, session, document, result["document"]["pages"], options.pictures)
        texts = [TEXT.format(number=number).encode() for number in range(options.rows)]
        big = appliance.submit(texts, ".txt")
        answer = f"/documents/{document}/answers/P4-D1-Q1"
        paths = [f"/batches/{big}", f"/documents/{document}", answer, f"/documents/{document}/pages/9.webp?width=1200"]
        watched(appliance, big, paths, options.sessions)
        wait(lambda: appliance.client.status(big)["state"] == "finished", 1800, "the batch is evaluated")
        figure("batch page, in order of submission", rows=options.rows, **timed(session, f"/batches/{big}", 20))
        figure("batch page, by score, first", **timed(session, f"/batches/{big}?sort=score&direction=down", 1))
        figure("batch page, by score, again", **timed(session, f"/batches/{big}?sort=score&direction=down", 20))
        figure("comparison page", **timed(session, f"/batches/{big}/comparison", 5))


if __name__ == "__main__":
    main()
