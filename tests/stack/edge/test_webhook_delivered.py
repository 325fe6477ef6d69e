"""A webhook leaves the stack for a receiver on this machine, is repeated, and bears the signature it should."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

from addresses import gateway
from standardwebhooks.webhooks import Webhook

from appliance import Appliance
from client import Client
from papers import small_text

Delivery = tuple[dict[str, str], bytes]


@contextmanager
def receiver(address: str) -> Iterator[tuple[str, Queue[Delivery]]]:
    """Take webhooks; the first is answered with an error."""
    taken: Queue[Delivery] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            first = taken.qsize() == 0
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.put(({key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(500 if first else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((address, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{address}:{server.server_address[1]}/event", taken
        server.shutdown()
        thread.join(20)


def test_a_webhook_is_signed_and_retried_until_it_is_accepted(appliance: Appliance, client: Client) -> None:
    secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
    with receiver(gateway(appliance, "webhooks-true")) as (url, taken):
        options = json.dumps({"webhook": {"url": url, "secret": secret}})
        job_id = client.upload([("plan.txt", small_text(1))], options)["job_id"]
        refused, repeated = taken.get(timeout=600), taken.get(timeout=200)

    for headers, body in (refused, repeated):
        event = Webhook(secret).verify(body, headers)
        assert event["type"] == "batch.finished"
        assert event["data"]["job_id"] == job_id
        assert event["data"]["state"] == "finished"
    assert refused[0]["webhook-id"] == repeated[0]["webhook-id"]
    assert refused[1] == repeated[1]
