"""People who use the console: they sign in, list, open, look at page pictures and review.

Each session has a cookie of its own, as a browser has. People open the documents of ``PLAN.watched``, an evaluated
batch. Every page is noted with its kind: ``sign in``, ``batch list``, ``batch page``, ``document page``,
``answer page``, ``page picture`` or ``review``.
"""

from __future__ import annotations

import json
import random
import re
import time
from typing import Any
from urllib.parse import urlencode

import gevent
from locust import task

from client import PLAN, TOKEN, Client, Rejected, note

THINK_SECONDS = (1.0, 4.0)
"""Pause between two pages, seconds; uniform."""


class Person(Client):
    """One person with a session of the console."""

    def on_start(self) -> None:
        """Sign in, and find the documents of the batch and their pages."""
        super().on_start()
        form = urlencode({"token": TOKEN})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        self.open("sign in", "POST", "/sign-in", data=form, headers=headers)
        listed = self.ask("documents", "GET", f"/api/v1/batch/{PLAN.watched}/documents?limit=100")["documents"]
        self.documents = [document["document_id"] for document in listed if document["state"] == "succeeded"]
        self.answers = [
            answer
            for answer in self.ask("result", "GET", f"/api/v1/documents/{self.documents[0]}/result")["answers"]
            if answer["evidence"]
        ]

    def open(self, kind: str, method: str, path: str, **options: Any) -> str:
        """Return a page; note a failure as such and return an empty text."""
        at = time.time()
        with self.client.request(
            method, path, name=kind, catch_response=True, allow_redirects=False, **options
        ) as answer:
            status = answer.status_code or 0
            # 412: another person reviewed the answer meanwhile, and the page would say so.
            good = 200 <= status < 400 or status == 412
            took = round(1000 * (time.time() - at), 2)
            note(kind=kind, at=at, ms=took, status=200 if good else status, retried=False)
            if not good:
                answer.failure(f"{status}")
            return (answer.text or "") if good else ""

    def think(self) -> None:
        """Pause as a person who reads."""
        gevent.sleep(random.uniform(*THINK_SECONDS))  # noqa: S311 - no secret

    @task
    def read(self) -> None:
        """Go from the list of batches to an answer next to its page, and review it."""
        document = random.choice(self.documents)  # noqa: S311
        answer = random.choice(self.answers)  # noqa: S311
        page = answer["evidence"][0]["page"]
        at_answer = f"/documents/{document}/answers/{answer['id']}"
        try:
            self.open("batch list", "GET", "/batches")
            self.think()
            self.open("batch page", "GET", f"/batches/{PLAN.watched}")
            self.think()
            self.open("document page", "GET", f"/documents/{document}")
            self.think()
            shown = self.open("answer page", "GET", at_answer)
            self.open("page picture", "GET", f"/documents/{document}/pages/{page}.webp?width=1200")
            self.think()
            if shown:
                self.review(document, answer["id"], shown)
        except Rejected:
            gevent.sleep(1)

    def review(self, document: str, answer: str, shown: str) -> None:
        """Accept an answer, as the script of its page does."""
        found = re.search(r'<meta name="csrf" content="([^"]+)"', shown)
        headers = {
            "X-CSRF-Token": found[1] if found else "",
            "Origin": self.host or "",
            "If-None-Match": "*",
            "Content-Type": "application/json",
        }
        path = f"/api/v1/documents/{document}/answers/{answer}/review"
        self.open("review", "PUT", path, data=json.dumps({"verdict": "accepted"}), headers=headers)
