"""Prometheus asked the way an operator asks it, and a receiver that prints what Alertmanager sends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from typing import Any

import httpx

from appliance import Appliance, docker

# The program's image has Python; the receiver prints each notification on a line, a mail as a JSON string.
RECEIVER = """
import http.server, json, socketserver, sys, threading
def report(what):
    sys.stdout.write(what + "\\n")  # immediately, because two servers write
    sys.stdout.flush()
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        report(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args): pass
class Mail(socketserver.StreamRequestHandler):
    def say(self, line): self.wfile.write(line + b"\\r\\n")
    def handle(self):
        self.say(b"220 receiver")
        for line in self.rfile:
            if line.upper().startswith(b"DATA"):
                self.say(b"354 go on")
                body = b"".join(iter(self.rfile.readline, b".\\r\\n"))
                report(json.dumps(body.decode()))
                self.say(b"250 taken")
            elif line.upper().startswith(b"QUIT"):
                return self.say(b"221 bye")
            else:
                self.say(b"250 receiver")
mail = socketserver.ThreadingTCPServer(("", 2525), Mail)
threading.Thread(target=mail.serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer(("", 8080), Hook).serve_forever()
"""


def wait_for(condition: Callable[[], object], what: str, seconds: float = 600) -> None:
    """Poll until something is true; fail with what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"no sign of: {what}"
        time.sleep(0.5)


class Prometheus:
    """The real one, over TLS and the operator login."""

    def __init__(self, appliance: Appliance) -> None:
        user, password = appliance.run("operator").strip().split(":")
        self.client = appliance.client("")
        self.http = self.client.http
        self.login = httpx.BasicAuth(user, password)

    def ask(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer of its API."""
        answer = self.client.ask("GET", f"/prometheus/api/v1/{path}", params=parameters, auth=self.login)
        body = answer.json()
        assert answer.status_code == 200, f"{parameters}: {body}"
        return body["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an expression now."""
        data = self.ask("query", query=expression)
        return data["result"] if data["resultType"] == "vector" else [data]

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire."""
        return {alert["labels"]["alertname"] for alert in self.ask("alerts")["alerts"] if alert["state"] == "firing"}

    def silenced(self) -> set[str]:
        """Return the names of the alerts that Alertmanager keeps to itself."""
        answer = self.client.send("GET", "/alertmanager/api/v2/alerts", auth=self.login)
        return {one["labels"]["alertname"] for one in answer.json() if one["status"]["state"] == "suppressed"}


class Receiver:
    """A web server and a mail server on Alertmanager's network."""

    def __init__(self, appliance: Appliance) -> None:
        self.container = docker(
            "run", "-d", "--network", f"{appliance.name}_alerts-false", "--network-alias", "receiver",
            "--entrypoint", "python", f"decalogo/app:{appliance.name}", "-c", RECEIVER,
        ).strip()  # fmt: skip

    def got(self, alert: str, status: str) -> list[dict[str, Any]]:
        """Return the notifications of an alert with a status, ``firing`` or ``resolved``."""
        return [
            one
            for sent in self._notifications()
            if isinstance(sent, dict)
            for one in sent["alerts"]
            if one["labels"]["alertname"] == alert and one["status"] == status
        ]

    def names(self) -> set[str]:
        """Return the names of all alerts that came as JSON."""
        sent = [one for one in self._notifications() if isinstance(one, dict)]
        return {alert["labels"]["alertname"] for one in sent for alert in one["alerts"]}

    def mails(self, subject: str) -> list[EmailMessage]:
        """Return the mails whose subject holds some text."""
        found = [message_from_string(sent, policy=default) for sent in self._notifications() if isinstance(sent, str)]
        return [mail for mail in found if subject in str(mail["Subject"])]

    def _notifications(self) -> list[Any]:
        return [json.loads(line) for line in docker("logs", self.container).splitlines() if line]
