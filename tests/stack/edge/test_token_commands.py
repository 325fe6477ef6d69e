"""Tokens by command, through the stack: what is made works, what is rotated or revoked is dead within five seconds."""

from __future__ import annotations

import time

from addresses import Open

from appliance import Appliance
from client import Client


def dies_within(seconds: float, client: Client) -> float:
    started = time.monotonic()
    while client.http.get("/api/v1/batch").status_code != 401:
        assert time.monotonic() < started + seconds, "the token is still taken"
        time.sleep(0.2)
    return time.monotonic() - started


def test_create_list_show_rotate_revoke(appliance: Appliance, open_client: Open) -> None:
    made = appliance.run("token", "create", "personería", "--tier", "standard", "--days", "2").strip()
    _, token_id, secret = made.split("_")
    old = open_client(made)
    assert old.ask("GET", "/api/v1/batch").status_code == 200

    listed, shown = appliance.run("token", "list"), appliance.run("token", "show", token_id)
    assert token_id in listed
    assert "personería" in shown
    assert "standard" in shown
    assert secret not in listed + shown

    new = open_client(appliance.run("token", "rotate", token_id).strip())
    rotated = dies_within(5, old)
    assert new.ask("GET", "/api/v1/batch").status_code == 200

    appliance.run("token", "revoke", token_id)
    revoked = dies_within(5, new)
    print(f"after rotation dead within {rotated:.2f} s, after revocation within {revoked:.2f} s")
    assert "revoked" in appliance.run("token", "show", token_id)
    answer = new.http.get("/api/v1/batch")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="decalogo", error="invalid_token"'
