"""``If-Match`` and ``If-None-Match`` of a review (RFC 9110, 13.1)."""

from __future__ import annotations

import httpx
import pytest

from tests.api.reviewing import People, reject, scored


@pytest.mark.parametrize(
    ("headers", "first", "second"),
    [
        ({"If-None-Match": "*"}, 200, 412),
        ({"If-None-Match": '"7"'}, 200, 200),
        ({"If-None-Match": '"7", "0"'}, 412, 200),
        ({"If-Match": "*"}, 412, 200),
        ({"If-Match": '"0"'}, 200, 412),
        ({"If-Match": '"1"'}, 412, 200),
        ({"If-Match": 'W/"1"'}, 412, 200),  # nginx makes the tag of a compressed answer weak
        ({"If-Match": '"4", "1"'}, 412, 200),
        ({"If-Match": '"unknown"'}, 412, 412),
        ({"If-Match": '"0"', "If-None-Match": "*"}, 200, 412),
        ({"If-Match": '"1"', "If-None-Match": '"1"'}, 412, 412),
        ({}, 428, 428),
    ],
)
def test_preconditions_hold_for_no_review_and_for_the_first(
    client: httpx.Client,
    plan: tuple[str, str],
    people: People,
    headers: dict[str, str],
    first: int,
    second: int,
) -> None:
    _, document = plan
    ana, answer = people("ana"), scored(client, document)
    path = f"/api/v1/documents/{document}/answers/{answer}/review"
    put = ana.put(path, json={"verdict": "accepted"}, headers=headers)
    assert put.status_code == first, put.text
    if first != 200:
        assert ana.get(path).headers["etag"] == '"0"'
        reject(ana, document, answer)
    assert ana.get(path).headers["etag"] == '"1"'

    again = ana.put(path, json={"verdict": "accepted"}, headers=headers)

    assert again.status_code == second, again.text
    assert ana.get(path).headers["etag"] == ('"2"' if second == 200 else '"1"')
