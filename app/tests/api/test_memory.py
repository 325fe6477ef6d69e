"""What a request may cost in memory: bounded, whatever a client sends or asks for."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.api.services import Services
from decalogo.api.upload.bounded_json import _has_more_pieces
from decalogo.settings import Settings
from tests.api.conftest import stored_files
from tests.api.uploading import PDF, UPLOAD, files
from tests.api.working import succeed

MIB = 1 << 20


def peak_of(function: Callable[[], Any]) -> tuple[Any, int, int]:
    """Return what a function answers, and the bytes that it held at most and holds still; the server's too."""
    tracemalloc.start()
    try:
        answer = function()
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return answer, peak, held


def many(template: str, count: int) -> str:
    return ",".join(template.replace("#", str(number)) for number in range(count))


def inline(documents: str = '{"content":"x"}', options: str = "{}", more: str = "") -> str:
    return f'{{"documents":[{documents}],"options":{options}{more}}}'


OPTIONS: dict[str, Callable[[], str]] = {
    "wrong ids": lambda: '{"custom_ids":[' + many("1", 60_000) + "]}",
    "points": lambda: '{"not_applicable":[' + many('"Q#"', 30_000) + "]}",
    "points without reason": lambda: '{"not_applicable":{' + many('"Q#":1', 25_000) + "}}",
    "unknown": lambda: "{" + many('"a#":1', 25_000) + "}",
}
BODIES: dict[str, tuple[str, Callable[[], str]]] = {
    "millions of nothing": ("request-invalid", lambda: inline(many("{}", 3_490_000))),
    "millions of lists": ("request-invalid", lambda: inline(many("[]", 3_490_000))),
    "many small ones": ("request-invalid", lambda: inline(many('{"content":""}', 690_000))),
    "too many": ("forbidden", lambda: inline(many('{"content":""}', 9_000))),
    "too many wrong ones": ("forbidden", lambda: inline(many("{}", 25_000))),
    "all wrong": ("body-invalid", lambda: inline(many('{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}', 1000))),
    "unknown members": ("body-invalid", lambda: inline("{" + many('"a#":1', 25_000) + "}")),
    "unknown members above": ("body-invalid", lambda: inline(more="," + many('"a#":1', 25_000))),
}


def check_refusal(answer: httpx.Response, slug: str, peak: int, sent: int) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (400 <= answer.status_code < 500, body["type"]) == (True, f"/problems/{slug}")
    assert len(body.get("errors", ())) <= 20
    assert len(answer.content) < 10_000
    # The body itself is there a few times: as sent, as received, and without its escapes.
    assert peak < 4 * sent + 12 * MIB


@pytest.mark.parametrize("name", BODIES)
def test_a_body_of_small_parts_is_refused_before_it_takes_memory(
    serve: Callable[..., httpx.Client], settings: Settings, name: str
) -> None:
    client = serve(tier="premium")
    slug, make = BODIES[name]
    body = make().encode()
    assert len(body) <= settings.api.max_json_bytes
    answer, peak, _ = peak_of(lambda: client.post(UPLOAD, content=body, headers={"Content-Type": "application/json"}))
    check_refusal(answer, slug, peak, len(body))
    assert stored_files(settings) == []


@pytest.mark.parametrize("name", OPTIONS)
def test_options_of_small_parts_are_refused_before_they_take_memory(
    client: httpx.Client, settings: Settings, name: str
) -> None:
    options = OPTIONS[name]()
    form = [*files(("a.pdf", PDF)), ("options", (None, options.encode()))]
    answer, peak, _ = peak_of(lambda: client.post(UPLOAD, files=form))
    check_refusal(answer, "body-invalid", peak, len(options))
    body = inline(options=options).encode()
    answer, peak, _ = peak_of(lambda: client.post(UPLOAD, content=body, headers={"Content-Type": "application/json"}))
    check_refusal(answer, "body-invalid", peak, len(body))
    assert stored_files(settings) == []


def test_options_of_more_parts_than_any_batch_needs_are_not_parsed(client: httpx.Client, settings: Settings) -> None:
    options = '{"custom_ids":[' + many("1", 500_000) + "]}"
    form = [*files(("a.pdf", PDF)), ("options", (None, options.encode()))]
    answer, peak, _ = peak_of(lambda: client.post(UPLOAD, files=form))
    check_refusal(answer, "request-invalid", peak, len(options))
    assert "`options`" in answer.json()["detail"]
    assert stored_files(settings) == []


def test_all_wrong_documents_are_counted_and_twenty_are_told(client: httpx.Client) -> None:
    body = client.post(UPLOAD, json={"documents": [{"content": 7}] * 30}).json()
    assert [error["where"] for error in body["errors"]] == [f"documents[{number}].content" for number in range(20)]
    assert body["detail"].endswith("(and 29 more)")


def test_unknown_points_are_counted_and_twenty_are_told(client: httpx.Client) -> None:
    options = {"not_applicable": [f"Q{number}" for number in range(30)]}
    body = client.post(UPLOAD, json={"documents": [{"content": "x"}], "options": options}).json()
    assert len(body["errors"]) == 20
    assert body["detail"].endswith("(and 29 more)")


def test_as_many_documents_as_the_tier_allows_are_taken_whatever_is_in_them(
    serve: Callable[..., httpx.Client], settings: Settings
) -> None:
    text = '{"a": ["\\", \\\\"], }\n' * 100
    documents = [
        {"id": f'own "{number}"', "content": text} for number in range(settings.api.premium.documents_per_batch)
    ]
    answer = serve(tier="premium").post(UPLOAD, json={"documents": documents})
    assert answer.status_code == 202, answer.text[:500]


TEXT = st.text(st.sampled_from('ab"\\,[{}]:\n/é🙂'), max_size=6)
VALUES = st.recursive(
    st.none() | st.integers(-5, 5) | TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20
)


def pieces(value: object) -> int:
    if isinstance(value, dict):
        return max(1, len(value)) + sum(1 + pieces(inner) for inner in value.values())
    if isinstance(value, list):
        return max(1, len(value)) + sum(map(pieces, value))
    return isinstance(value, str)


@given(VALUES, st.booleans())
def test_the_pieces_of_json_are_counted_as_a_parser_would_find_them(value: object, escaped: bool) -> None:
    raw = json.dumps(value).encode() if escaped else orjson.dumps(value)
    assert not _has_more_pieces(raw, pieces(value))
    assert _has_more_pieces(raw, pieces(value) - 1)


@pytest.fixture
def wide_pages(client: httpx.Client, services: Services) -> str:
    """Address of the pages of a document that would take 16 MB for each that holds all of it."""
    accepted = client.post(UPLOAD, json={"documents": [{"content": "x"}]}).json()
    document_id = accepted["documents"][0]["document_id"]
    succeed(services, document_id)
    texts = [f"{number} 🙂 " + "plan\n" * 1_600 for number in range(500)]
    services.store.put(f"pages/{document_id}.1.json.gz", gzip.compress(orjson.dumps(texts), 1))
    return f"/api/v1/documents/{document_id}/pages"


def test_pages_of_large_documents_asked_for_at_once_take_the_memory_of_pages(
    client: httpx.Client, wide_pages: str
) -> None:
    with ThreadPoolExecutor(10) as pool:
        numbers = range(10, 500, 49)
        answers, peak, held = peak_of(lambda: list(pool.map(lambda page: client.get(f"{wide_pages}/{page}"), numbers)))
    for page, answer in zip(numbers, answers, strict=True):
        assert answer.json()["text"].startswith(f"{page - 1} 🙂 ")
    assert peak < 8 * MIB
    assert held < 2 * MIB
