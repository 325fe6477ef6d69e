"""What 100,000 reviews cost: time of lists, quality, exports and pages, and the memory of the process that answers.

    .venv/bin/python bench/reviews.py app/tests/data/florencia-2020-2023.pdf --documents 334

Every document has the result of the plan, with 300 answers, all reviewed: four in five accepted, the others corrected.
The API and the console answer in this process, with a Valkey of its own. The first figure of a line is the CPU time of
the first request, the second the median of the following ones, client included.
"""

from __future__ import annotations

import argparse
import gzip
import re
import resource
import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import orjson

from audit import api, durable_valkey
from decalogo.access.tokens import Scope, Tier
from decalogo.api.services import Services, open_services
from decalogo.batches.queues import WORK_QUEUES
from decalogo.batches.states import DocumentState, NewDocument, Options
from decalogo.evaluation import evaluate
from decalogo.evaluation.rubric import load_rubric
from decalogo.ids import new_id
from decalogo.reviews.model import fingerprint
from decalogo.settings import ApiSettings, AuditSettings, PremiumSettings, RedisSettings, Settings, StorageSettings


def fill(services: Services, result: bytes, pages: bytes, documents: int) -> tuple[str, list[str], int]:
    """Store evaluated and reviewed documents of one batch; return batch, documents, and how many reviews there are."""
    job, ids = new_id("batch"), [new_id("doc") for _ in range(documents)]
    new = [NewDocument(name, f"plan-{number:04}.pdf", "", "00", 4) for number, name in enumerate(ids)]
    services.ledger.admit(job, "office", Options(), new)
    answers = [answer for answer in orjson.loads(result)["answers"] if answer["applicable"]]
    lines = b"".join(orjson.dumps(entry(number, answer)) + b"\n" for number, answer in enumerate(answers))
    for _ in ids:
        claim = services.ledger.claim("bench", WORK_QUEUES)
        assert claim is not None
        key = f"results/{claim.document_id}.{claim.attempt}.json"
        pages_key = f"pages/{claim.document_id}.{claim.attempt}.json.gz"
        services.store.put(key, result)
        services.store.put(pages_key, pages)
        services.store.put(f"reviews/{claim.document_id}", lines)
        assert services.ledger.finish(claim, DocumentState.SUCCEEDED, result_key=key, pages_key=pages_key)
    return job, ids, len(answers) * documents


def entry(number: int, answer: dict[str, object]) -> dict[str, object]:
    wrong = number % 5 == 0
    return {
        "kind": "review", "time": 1_767_268_800.0 + number, "by": "ana", "token": "t", "track": "first",
        "answer": answer["id"], "verdict": "rejected" if wrong else "accepted", "version": 1, "reviewer": "ana",
        "fingerprint": fingerprint(answer), "score": None, "elements": {}, "comment": "otra fuente" if wrong else "",
    }  # fmt: skip


def measured(client: httpx.Client, what: str, path: str, repeats: int) -> None:
    seconds, size = [], 0
    for _ in range(repeats + 1):
        size, started = 0, time.process_time()
        with client.stream("GET", path) as answer:
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
            for piece in answer.iter_raw():
                size += len(piece)
        seconds.append(time.process_time() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    later = f"{statistics.median(seconds[1:]):.3f} s" if repeats else "–"
    print(f"| {what} | {seconds[0]:.3f} s | {later} | {size / 1024:,.0f} KiB | {peak} MiB |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--documents", type=int, default=334)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    evaluation = evaluate(asked.plan, load_rubric("decalogo"))
    result, pages = evaluation.to_json(), gzip.compress(orjson.dumps(evaluation.pages))
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name, durable_valkey(Path(name)) as port:
        limits = {f"{kind}_per_minute": 0 for kind in ("uploads", "status", "reads", "changes")}
        settings = Settings(
            redis=RedisSettings(host="127.0.0.1", port=port),
            storage=StorageSettings(path=Path(name) / "artifacts"),
            audit=AuditSettings(path=Path(name) / "audit"),
            api=ApiSettings(premium=PremiumSettings(**limits)),
        )
        services = replace(open_services(settings), publish=lambda documents: None)
        job, ids, reviews = fill(services, result, pages, asked.documents)
        token = services.tokens.create("ana", Tier.PREMIUM, tenant="office", scopes=frozenset(Scope))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        print(f"{reviews:,} reviews of {len(ids)} documents; {peak} MiB before the first request\n")
        with api(services) as (url, _), closing(browser(url.removesuffix("/api/v1"), token)) as client:
            paths(client, job, ids[len(ids) // 2], asked.repeats)


def browser(url: str, token: str) -> httpx.Client:
    """Return a client with a session of the console."""
    client = httpx.Client(base_url=url, timeout=600, trust_env=False, headers={"Origin": url, "Accept": "text/html"})
    assert client.post("/sign-in", data={"token": token}).status_code == 303
    assert re.search(r'name="csrf"', client.get("/batches").text)
    return client


def paths(client: httpx.Client, job: str, document: str, repeats: int) -> None:
    print("| request | first | again | size | peak |\n|---|---|---|---|---|")
    for what, path in (
        ("reviews of a document (API)", f"/api/v1/documents/{document}/reviews"),
        ("review page of a document", f"/documents/{document}/review?show=all"),
        ("batch page with review states", f"/batches/{job}"),
        ("quality (API)", f"/api/v1/batch/{job}/quality"),
        ("quality page", f"/batches/{job}/quality"),
        ("sample page", f"/batches/{job}/sample"),
        ("labelled data", f"/api/v1/batch/{job}/labels"),
        ("results, JSON Lines", f"/api/v1/batch/{job}/results?format=jsonl"),
        ("comparison, XLSX", f"/api/v1/batch/{job}/results?format=xlsx"),
        ("comparison, CSV", f"/api/v1/batch/{job}/results?format=csv"),
        ("comparison page", f"/batches/{job}/comparison"),
    ):
        measured(client, what, path, repeats)


if __name__ == "__main__":
    main()
