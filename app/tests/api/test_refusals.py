"""An invalid upload is refused with what and where, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from decalogo.api.services import Services
from tests.api.conftest import Nothing, problem
from tests.api.uploading import PDF, UPLOAD, files, raw_form, with_options


@pytest.mark.parametrize(
    ("options", "where", "hint"),
    [
        ({"rubric": "nonesuch"}, "options.rubric", "decalogo"),
        ({"rubric": "../../etc/passwd"}, "options.rubric", "decalogo"),
        ({"rubric": ""}, "options.rubric", "decalogo"),
        ({"not_applicable": ["P11"]}, "options.not_applicable", "P10"),
        ({"not_applicable": {"P1": "r", "Q": "r"}}, "options.not_applicable", "'Q'"),
        ({"custom_ids": ["a", "b"]}, "options.custom_ids", "2 ids for 1 files"),
        ({"custom_ids": []}, "options.custom_ids", "0 ids for 1 files"),
        ({"custom_ids": [""]}, "options.custom_ids[0]", "visible"),
        ({"custom_ids": ["x" * 201]}, "options.custom_ids[0]", "200"),
        ({"custom_ids": [7]}, "options.custom_ids[0]", "string"),
        ({"priority": "urgent"}, "options.priority", "'high', 'normal' or 'low'"),
        ({"rubrik": "decalogo"}, "options.rubrik", "not permitted"),
    ],
)
def test_a_wrong_option_is_refused_with_what_and_where(
    client: httpx.Client, nothing_left: Nothing, options: dict[str, Any], where: str, hint: str
) -> None:
    body = problem(with_options(client, **options), 422, "body-invalid")
    assert body["errors"][0]["where"] == where
    assert hint in body["errors"][0]["detail"]
    nothing_left()


def test_ids_that_are_there_twice_are_refused(client: httpx.Client, nothing_left: Nothing) -> None:
    answer = client.post(
        UPLOAD, files=files(("a", b"1"), ("b", b"2"), ("c", b"3")), data={"options": '{"custom_ids": ["x", "y", "x"]}'}
    )
    body = problem(answer, 422, "body-invalid")
    assert body["errors"] == [{"where": "options.custom_ids[2]", "detail": "'x' is also the id of file 0"}]
    nothing_left()


@pytest.mark.parametrize("options", [b"{", b"{'a': 1}", b"\xff", b"[" * 10_000, b'{"rubric": NaN}', b""])
def test_options_that_are_not_json_are_refused_with_line_and_column(
    client: httpx.Client, nothing_left: Nothing, options: bytes
) -> None:
    answer = client.post(UPLOAD, files=[*files(("a.pdf", PDF)), ("options", (None, options))])
    body = problem(answer, 400, "request-invalid")
    assert body["line"] >= 1
    assert f"line {body['line']}, column {body['column']}" in body["detail"]
    nothing_left()


@pytest.mark.parametrize("options", [b"[]", b"1", b'"a"', b"null"])
def test_options_that_are_no_object_are_refused(client: httpx.Client, nothing_left: Nothing, options: bytes) -> None:
    answer = client.post(UPLOAD, files=[*files(("a.pdf", PDF)), ("options", (None, options))])
    assert problem(answer, 422, "body-invalid")["errors"][0]["where"] == "options"
    nothing_left()


def test_options_given_twice_are_refused(client: httpx.Client, nothing_left: Nothing) -> None:
    twice = [("options", (None, b"{}")), ("options", (None, b"{}"))]
    problem(client.post(UPLOAD, files=[*files(("a.pdf", PDF)), *twice]), 422, "body-invalid")
    nothing_left()


def test_options_without_end_are_refused(client: httpx.Client, nothing_left: Nothing) -> None:
    long = b'{"rubric": "' + b"x" * (2 << 20)
    problem(client.post(UPLOAD, files=[*files(("a.pdf", PDF)), ("options", (None, long))]), 413, "payload-too-large")
    nothing_left()


def test_an_unknown_field_is_refused_by_name(client: httpx.Client, nothing_left: Nothing) -> None:
    answer = client.post(UPLOAD, files=files(("a.pdf", PDF)), data={"opciones": "{}"})
    assert problem(answer, 422, "body-invalid")["errors"][0]["where"] == "opciones"
    nothing_left()


def test_a_batch_without_documents_is_refused(client: httpx.Client, nothing_left: Nothing) -> None:
    body = problem(client.post(UPLOAD, files=[("options", (None, b"{}"))]), 422, "body-invalid")
    assert body["errors"][0]["where"] == "files"
    body = problem(client.post(UPLOAD, json={"documents": []}), 422, "body-invalid")
    assert body["errors"][0]["where"] == "documents"
    nothing_left()


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"options": {}}, "documents"),
        ({"documents": [{"id": "a"}]}, "documents[0].content"),
        ({"documents": [{"content": 7}]}, "documents[0].content"),
        ({"documents": [{"content": "x", "name": "y"}]}, "documents[0].name"),
        ({"documents": "x"}, "documents"),
        ({"documents": [{"content": "x"}], "option": {}}, "option"),
        ({"documents": [{"id": "a", "content": "x"}, {"id": "a", "content": "y"}]}, "documents.id[1]"),
        ({"documents": [{"id": "a\nb", "content": "x"}]}, "documents.id[0]"),
        ({"documents": [{"content": "x"}], "options": {"custom_ids": ["a"]}}, "options.custom_ids"),
        ({"documents": [{"content": "x"}], "options": {"rubric": "nonesuch"}}, "options.rubric"),
        ([], "body"),
    ],
)
def test_a_wrong_json_body_is_refused_with_what_and_where(
    client: httpx.Client, nothing_left: Nothing, body: object, where: str
) -> None:
    assert problem(client.post(UPLOAD, json=body), 422, "body-invalid")["errors"][0]["where"] == where
    nothing_left()


@pytest.mark.parametrize(
    "body", [b'{"documents":\n [,]}', b"", b"[" * 10_000, b'{"documents": [{"content": "\\ud800"}]}']
)
def test_a_body_that_is_not_json_is_refused_with_line_and_column(
    client: httpx.Client, nothing_left: Nothing, body: bytes
) -> None:
    answer = client.post(UPLOAD, content=body, headers={"Content-Type": "application/json"})
    assert problem(answer, 400, "request-invalid")["line"] >= 1
    nothing_left()


def test_more_documents_than_the_tier_allows_are_refused_by_name_of_the_limit(
    client: httpx.Client, serve: Callable[..., httpx.Client], nothing_left: Nothing
) -> None:
    many = files(*((f"{n}.txt", b"x") for n in range(51)))
    body = problem(client.post(UPLOAD, files=many), 403, "forbidden")
    assert (body["limit"], body["allowed"]) == ("documents_per_batch", 50)
    inline = {"documents": [{"content": "x"}] * 51}
    assert problem(client.post(UPLOAD, json=inline), 403, "forbidden")["limit"] == "documents_per_batch"
    nothing_left()
    assert serve(tier="premium").post(UPLOAD, files=many).status_code == 202


def test_a_priority_the_tier_may_not_ask_for_is_refused(client: httpx.Client, nothing_left: Nothing) -> None:
    body = problem(with_options(client, priority="high"), 403, "forbidden")
    assert (body["limit"], body["allowed"]) == ("priorities", ["normal", "low"])
    nothing_left()


def smaller(services: Services, **limits: int) -> Services:
    api = services.settings.api.model_copy(update=limits)
    return replace(services, settings=services.settings.model_copy(update={"api": api}))


def test_a_body_over_the_limit_is_refused(
    serve: Callable[..., httpx.Client], services: Services, nothing_left: Nothing
) -> None:
    client = serve(services=smaller(services, max_upload_bytes=1 << 20, max_json_bytes=1000))
    big = files(("big.pdf", b"x" * (1 << 20)))
    assert problem(client.post(UPLOAD, files=big), 413, "payload-too-large")["limit"] == 1 << 20
    request = client.build_request("POST", UPLOAD, files=big)
    body = request.read()
    unannounced = client.post(
        UPLOAD,
        content=(body[i : i + 65536] for i in range(0, len(body), 65536)),
        headers={"Content-Type": request.headers["content-type"]},
    )
    problem(unannounced, 413, "payload-too-large")
    problem(client.post(UPLOAD, json={"documents": [{"content": "x" * 1000}]}), 413, "payload-too-large")
    nothing_left()


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/pdf"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {},
    ],
)
def test_another_type_of_body_is_refused(client: httpx.Client, nothing_left: Nothing, headers: dict[str, str]) -> None:
    problem(client.post(UPLOAD, content=b"x", headers=headers), 415, "media-type-unsupported")
    nothing_left()


def test_a_form_cut_short_is_refused(client: httpx.Client, nothing_left: Nothing) -> None:
    form = raw_form(b"a.pdf")
    form["content"] = form["content"][:-10]
    assert "closing boundary" in problem(client.post(UPLOAD, **form), 400, "request-invalid")["detail"]
    nothing_left()
