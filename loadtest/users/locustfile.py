"""Locust users: submitters that follow and check their documents, single routes, and people who use the console."""

from __future__ import annotations

import time
from typing import Any

import gevent
from checks import unlike, unmatched
from locust import FastHttpUser, LoadTestShape, task
from people import Person

from client import PLAN, Client, Rejected, note

POLL_FIRST, POLL_LONGEST = 0.5, 2.0


class Wrong(Exception):
    """A document has no correct result; reported, never raised."""


class Submitter(Client):
    """Upload a batch, follow it to its end, fetch and check every result."""

    @task
    def journey(self) -> None:
        """One batch."""
        at = time.time()
        submitted: dict[str, str] = {}
        pages: dict[str, int] = {}
        try:
            job_id, submitted = self.upload()
            self.follow(job_id)
            done = time.time()
            wrong, pages = self.check(job_id, submitted)
        except Rejected as error:
            done, wrong = time.time(), dict.fromkeys(submitted or ["?"], f"rejected: {error}")
        for custom_id in submitted or ["?"]:
            why = wrong.get(custom_id, "")
            note(kind="document", at=at, seconds=round(done - at, 3), wrong=why, pages=pages.get(custom_id, 0))
            # A line of the Locust statistics: time from upload to result, and incorrect results.
            self.environment.events.request.fire(
                request_type="",
                name="document",
                response_time=1000 * (done - at),
                response_length=0,
                exception=Wrong(why) if why else None,
                context={},
            )

    def follow(self, job_id: str) -> None:
        """Poll until the batch is finished."""
        pause = POLL_FIRST
        while self.ask("status", "GET", f"/api/v1/batch/status/{job_id}")["state"] != "finished":
            gevent.sleep(pause)
            pause = min(pause * 1.3, POLL_LONGEST)

    def check(self, job_id: str, submitted: dict[str, str]) -> tuple[dict[str, str], dict[str, int]]:
        """Return the flaws of the results, and the pages of correct ones, by own id."""
        documents: list[dict[str, Any]] = []
        query = "?limit=500"
        while True:
            page = self.ask("documents", "GET", f"/api/v1/batch/{job_id}/documents{query}")
            documents += page["documents"]
            if page["next_cursor"] is None:
                break
            query = f"?limit=500&cursor={page['next_cursor']}"
        wrong, pages = unmatched(documents, submitted), {}
        for document in documents:
            custom_id = document["custom_id"]
            if custom_id not in wrong:
                result = self.ask("result", "GET", f"/api/v1/documents/{document['document_id']}/result")
                if why := unlike(result, submitted[custom_id]):
                    wrong[custom_id] = f"wrong: {why}"
                else:
                    pages[custom_id] = result["document"]["pages"]
        return wrong, pages


class Filler(Submitter):
    """Keep the queue full while people work: one upload after the other, each followed and checked."""

    fixed_count = 1


class Uploader(Client):
    """Upload documents without following them."""

    @task
    def submit(self) -> None:
        """One batch."""
        try:
            self.upload()
        except Rejected:
            gevent.sleep(1)


class Asker(Client):
    """Request the status of one batch repeatedly."""

    job_id = ""

    def on_start(self) -> None:
        """Upload a batch to request the status of."""
        super().on_start()
        Asker.job_id = Asker.job_id or self.upload()[0]

    @task
    def look(self) -> None:
        """One request."""
        try:
            self.ask("status", "GET", f"/api/v1/batch/status/{Asker.job_id}")
        except Rejected:
            gevent.sleep(1)


USERS: dict[str, list[type[FastHttpUser]]] = {
    "journey": [Submitter],
    "upload": [Uploader],
    "status": [Asker],
    "people": [Person, Filler],
}

if PLAN.stages:

    class Shape(LoadTestShape):
        """The stages of the plan, in order."""

        use_common_options = False

        def tick(self) -> tuple[int, float, list[type[FastHttpUser]]] | None:
            """Return users and spawn rate; ``None`` ends the run."""
            stage = PLAN.stage_at(self.get_run_time())
            if stage is None:
                # A master that quits does not wait for the documents of its workers' users.
                self.runner.stop()
                return None
            return stage.users, stage.spawn, USERS[PLAN.kind]

else:
    # The Locust page sets the number of users, all of the plan's kind.
    for user in (Submitter, Uploader, Asker, Person, Filler):
        user.abstract = user not in USERS[PLAN.kind]
    del user
