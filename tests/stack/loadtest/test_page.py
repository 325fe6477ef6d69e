"""Locust's page for a person: started, used, and ended by Ctrl-C, which leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from appliance import Appliance

START_SECONDS = 1200.0
JOURNEY_SECONDS = 600.0


@pytest.fixture(scope="module")
def running(clone: Appliance) -> Iterator["subprocess.Popen[bytes]"]:
    """Start the page of the smallest row, in a process group of its own as a terminal would; it may outlive no test."""
    command = ["./appliance", "loadtest", "--ui", "--row", "2c4g"]
    with subprocess.Popen(command, cwd=clone.folder, env=clone.environment, start_new_session=True) as process:
        yield process
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(600)


@pytest.fixture(scope="module")
def page(clone: Appliance, running: "subprocess.Popen[bytes]") -> Iterator[httpx.Client]:
    address = f"http://127.0.0.1:{clone.environment['LOADTEST_UI_PORT']}"
    until = time.monotonic() + START_SECONDS
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        while True:
            assert running.poll() is None
            try:
                if client.get("/stats/requests").raise_for_status().json()["worker_count"] == 2:
                    break
            except httpx.TransportError:
                pass
            assert time.monotonic() < until, "the page does not answer"
            time.sleep(0.5)
        yield client


def lines(page: httpx.Client) -> dict[str, dict[str, Any]]:
    """Return the lines of the page's table by name."""
    page_state = page.get("/stats/requests").raise_for_status().json()
    return {line["name"]: line for line in page_state["stats"]}


def test_the_page_lets_a_person_say_how_many_users_there_are(page: httpx.Client) -> None:
    text = page.get("/").raise_for_status().text
    page_state = json.loads(re.findall(r"templateArgs = (.*)", text)[0])
    assert not page_state["hide_common_options"]
    assert page_state["num_users"] == 4  # the worker processes of the row
    assert set(page_state["users"]) == {"Submitter"}


def test_documents_come_back_right_and_stop_ends_the_users(page: httpx.Client) -> None:
    page.post("/swarm", data={"user_count": 2, "spawn_rate": 2}).raise_for_status()
    until = time.monotonic() + JOURNEY_SECONDS
    while lines(page).get("document", {}).get("num_requests", 0) < 4:
        assert time.monotonic() < until, lines(page)
        time.sleep(0.5)
    page.post("/stop").raise_for_status()
    while page.get("/stats/requests").json()["state"] != "stopped":
        assert time.monotonic() < until
        time.sleep(0.5)
    found = lines(page)
    assert {"upload", "status", "documents", "result", "document"} <= found.keys()
    assert found["Aggregated"]["num_failures"] == 0


def test_ctrl_c_ends_it_in_peace_however_often_it_is_pressed(
    page: httpx.Client, running: "subprocess.Popen[bytes]"
) -> None:
    os.killpg(running.pid, signal.SIGINT)
    time.sleep(1)  # by now it deletes the appliance
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(600) == 0


def test_nothing_is_left_behind(left_over: str) -> None:
    assert left_over == ""
