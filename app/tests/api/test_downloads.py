"""Original files, file names of downloads, ETags, HEAD, failures, and problems in the reader's language."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
import yaml

import decalogo
from decalogo import errors
from decalogo.api.downloads import disposition
from decalogo.api.services import Services
from decalogo.api.translations import preferred, translate
from tests.api.conftest import problem
from tests.api.uploading import UPLOAD, files, raw_form
from tests.api.working import fail, succeed

API = "/api/v1"
SOURCE = Path(decalogo.__file__).parent


def upload(client: httpx.Client, name: str, content: bytes) -> str:
    answer = client.post(UPLOAD, files=files((name, content)))
    return str(answer.json()["documents"][0]["document_id"])


def file_name(answer: httpx.Response) -> str:
    """Return the file name that a browser would use."""
    return unquote(answer.headers["content-disposition"].partition("filename*=UTF-8''")[2])


@pytest.mark.parametrize(
    ("name", "content", "kind", "shown"),
    [
        ("Plan «Año».pdf", b"%PDF-1.7 x", "application/pdf", "inline"),
        ("page.html", b"<!doctype html><script>alert(1)</script>", "text/html; charset=utf-8", "attachment"),
        ("plan.txt", b"Plan de desarrollo\n", "text/plain; charset=utf-8", "attachment"),
        ("plan.pdf", b"<html><script>alert(1)</script></html>", "text/html; charset=utf-8", "attachment"),
        ("data.bin", b"\x00\x01\x02" * 50, "application/octet-stream", "attachment"),
        ("plan.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "application/msword", "attachment"),
    ],
)
def test_the_original_comes_back_with_its_name_and_type_and_can_do_nothing(
    client: httpx.Client, name: str, content: bytes, kind: str, shown: str
) -> None:
    answer = client.get(f"{API}/documents/{upload(client, name, content)}/file")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"].startswith(f"{shown}; ")
    assert file_name(answer) == name
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert ("sandbox" in policy) == (kind != "application/pdf")


def test_a_part_of_the_original_can_be_read_and_an_unchanged_one_is_not_sent(client: httpx.Client) -> None:
    address = f"{API}/documents/{upload(client, 'a.pdf', b'%PDF-0123456789')}/file"
    part = client.get(address, headers={"Range": "bytes=5-8"})
    assert (part.status_code, part.content) == (206, b"0123")
    etag = client.get(address).headers["etag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("name", ['a"; x="b.pdf', "..\\..\\x.pdf", "\u202egnp.exe", "x" * 400 + ".pdf", "año 2024.pdf"])
def test_no_name_breaks_the_header(name: str) -> None:
    header = disposition(name)
    assert header.isascii()
    assert re.fullmatch(r"""attachment; filename="[^"\\/]+"; filename\*=UTF-8''[\w.%~-]+""", header)


def test_names_of_downloads_say_what_they_are(client: httpx.Client, services: Services) -> None:
    about = [{"metadata": {"name": "Florencia", "period": "2020-2023"}}]
    options = {"metadata": {"name": "Planes 2024"}, "documents": about}
    form = client.post(UPLOAD, files=files(("a.pdf", b"%PDF")), data={"options": json.dumps(options)}).json()
    document_id = form["documents"][0]["document_id"]
    succeed(services, document_id)
    assert file_name(client.get(f"{API}/documents/{document_id}/result")) == "Florencia 2020-2023.json"
    names = {
        kind: file_name(client.get(f"{API}/batch/{form['job_id']}/results", params={"format": kind}))
        for kind in ("json", "jsonl", "zip", "xlsx")
    }
    assert all(re.fullmatch(rf"Planes 2024 20\d\d-\d\d-\d\d\.{kind}", name) for kind, name in names.items()), names


def test_answers_that_do_not_change_have_an_etag(client: httpx.Client, services: Services) -> None:
    document_id = upload(client, "a.pdf", b"%PDF")
    succeed(services, document_id)
    for address in ("result", "pages/1", "pages/2?format=text", "file"):
        first = client.get(f"{API}/documents/{document_id}/{address}")
        again = client.get(f"{API}/documents/{document_id}/{address}", headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b""), address


def test_head_answers_like_get_without_a_body(client: httpx.Client, services: Services) -> None:
    done, waiting = upload(client, "a.pdf", b"%PDF"), upload(client, "b.pdf", b"%PDF-2")
    succeed(services, done)
    job = services.ledger.document(waiting)
    assert job is not None
    for address in (
        f"batch/status/{job.job_id}", f"documents/{done}/result", f"documents/{done}/file", "batch", "health",
        f"batch/{job.job_id}/results?format=jsonl", f"batch/{job.job_id}/failures", f"documents/{waiting}/result",
        f"batch/{job.job_id}/events",
    ):  # fmt: skip
        head = client.head(f"{API}/{address}")
        assert head.content == b""
        assert "x-request-id" in head.headers
        if not address.endswith("/events"):
            full = client.get(f"{API}/{address}")
            assert head.status_code == full.status_code, address
            assert head.headers["content-type"] == full.headers["content-type"]
    assert client.put(f"{API}/batch").headers["allow"] == "GET, HEAD"


def test_failures_list_what_has_no_result_with_the_reason(client: httpx.Client, services: Services) -> None:
    about = {"documents": [{"metadata": {"name": name}} for name in ("A", "B", "C", "D")]}
    form = files(*((f"{n}.pdf", b"%PDF" + str(n).encode()) for n in range(4)))
    answer = client.post(UPLOAD, files=form, data={"options": json.dumps(about)}).json()
    ids = [document["document_id"] for document in answer["documents"]]
    succeed(services, ids[0])
    fail(services, ids[1])
    services.ledger.cancel([ids[2]])
    listed = client.get(f"{API}/batch/{answer['job_id']}/failures", headers={"Accept-Language": "es"})
    assert listed.headers["content-type"] == "application/x-ndjson"
    rows = [json.loads(line) for line in listed.text.splitlines()]
    assert [(row["document_id"], row["state"], row["metadata"]["name"]) for row in rows] == [
        (ids[1], "failed", "B"),
        (ids[2], "cancelled", "C"),
    ]
    assert rows[0]["problem"]["title"] == "El documento está dañado"


def test_a_problem_comes_in_the_language_of_the_reader(client: httpx.Client) -> None:
    spanish = {"Accept-Language": "es-CO,es;q=0.9,en;q=0.8"}
    body = problem(client.get(f"{API}/batch/status/batch_x", headers=spanish), 404, "not-found")
    assert (body["title"], body["detail"]) == ("No se encontró", "Ningún lote tiene este identificador.")
    wrong = client.post(UPLOAD, json={"documents": [{"content": 7}] * 3}, headers=spanish)
    assert wrong.headers["content-language"] == "es"
    assert wrong.json()["detail"] == "documents[0].content: debe ser un texto (y 2 más)"
    assert {error["detail"] for error in wrong.json()["errors"]} == {"debe ser un texto"}
    english = client.get(f"{API}/batch/status/batch_x")
    assert (english.json()["title"], english.headers["vary"]) == ("Not found", "Accept-Language")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"), ("es", "es"), ("es-CO", "es"), ("fr", "en"), ("fr,es;q=0.5", "es"), ("en;q=0.4,es;q=0.5", "es"),
        ("es;q=0", "en"), ("*", "en"), ("es;q=x", "en"), (",,;", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_preferred_one_of_those_there_are(header: str, language: str) -> None:
    assert preferred(header) == language


def test_every_error_of_the_api_has_a_spanish_text() -> None:
    words = yaml.safe_load((SOURCE / "api" / "words" / "es.yaml").read_text(encoding="utf-8"))
    missing = sorted({text for text in _details() if text not in words["details"]})
    assert missing == []
    slugs = {kind.slug for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "slug")}
    assert set(words["titles"]) - slugs <= {"time-limit-exceeded"}
    assert slugs - set(words["titles"]) <= {"embedded", "client", "bench", "engine", "ledger-format", "settings"}


def test_values_stay_in_a_translated_text_and_long_texts_stay_as_they_are() -> None:
    assert translate("The body exceeds its limit of 1024 bytes.", "es") == "El cuerpo supera el límite de 1024 bytes."
    assert translate("Something else.", "es") == "Something else."
    hostile = "rubric x has no point " * 1000
    assert translate(hostile, "es") == hostile


def test_a_name_without_manners_is_a_name(client: httpx.Client) -> None:
    answer = client.post(UPLOAD, **raw_form(b"../../etc/passwd\x00.pdf"))
    document_id = answer.json()["documents"][0]["document_id"]
    assert "/" not in file_name(client.get(f"{API}/documents/{document_id}/file"))


def _details() -> Iterator[str]:
    """Yield the details of errors in the code below the API, with {1}, {2} … for values."""
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    for folder in ("api", "access", "batches"):
        for file in (SOURCE / folder).rglob("*.py"):
            if file.name in ("backup.py", "format.py", "hosts.py", "queries.py"):
                continue  # errors of commands
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in kinds
                    and node.args
                ):
                    yield from _template(node.args[0])
                elif isinstance(node, ast.Dict):
                    members = zip(node.keys, node.values, strict=True)
                    for key, value in members:
                        if isinstance(key, ast.Constant) and key.value == "detail":
                            yield from _template(value)


def _template(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        number, text = 0, ""
        for piece in node.values:
            if isinstance(piece, ast.Constant):
                text += str(piece.value)
            else:
                number += 1
                text += f"{{{number}}}"
        yield text
