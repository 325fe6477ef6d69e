"""The interface describes itself, without help from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from jsonschema import Draft202012Validator

from decalogo import errors
from decalogo.api.problem_types import problem_types
from decalogo.evaluation import evaluate
from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.rubric import load_rubric
from tests.api.conftest import problem

API = "/api/v1"


def test_the_reference_loads_nothing_from_elsewhere_and_runs_no_inline_script(client: httpx.Client) -> None:
    page = client.get(f"{API}/docs")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert len(addresses) >= 4
    for address in addresses:
        assert address.startswith(f"{API}/docs/")
        assert client.get(address).status_code == 200, address
    assert re.findall(r"<script(?! src=)", page.text) == []


def test_every_route_declares_its_problems_with_examples(client: httpx.Client) -> None:
    document = client.get(f"{API}/openapi.json").json()
    assert "/api/v1/batch/upload" in document["paths"]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation["description"], path
            if path.endswith(("/health", "/problems")):
                continue
            errors = {status: a for status, a in operation["responses"].items() if int(status) >= 400}
            assert errors, path
            for status, answer in errors.items():
                assert list(answer["content"]) == ["application/problem+json"], (path, status)
                assert answer["content"]["application/problem+json"]["examples"], (path, status)
                assert answer["content"]["application/problem+json"]["schema"], (path, status)


def test_every_success_has_a_content_type_that_generators_of_clients_can_read(client: httpx.Client) -> None:
    readable = re.compile(r"application/(json|octet-stream|x-ndjson)$|text/[\w.-]+(;|$)|image/webp$")
    for path, operations in client.get(f"{API}/openapi.json").json()["paths"].items():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                types = list(answer.get("content", {}))
                if status.startswith("2") and types:
                    assert any(readable.match(kind) for kind in types), (path, types)


def test_every_reference_in_the_document_leads_somewhere(client: httpx.Client) -> None:
    document = client.get(f"{API}/openapi.json")
    schemas = document.json()["components"]["schemas"]
    wanted = set(re.findall(r'"#/components/schemas/([^"]+)"', document.text))
    assert wanted - set(schemas) == set()
    assert {"InlineUpload", "UploadOptions", "Problem"} <= set(schemas)


def test_the_page_of_errors_names_every_type_an_answer_may_have() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/errors.md").read_text(encoding="utf-8")
    assert [slug for slug in problem_types() if f"`{slug}`" not in page] == []


def test_every_type_of_problem_has_its_page(client: httpx.Client) -> None:
    listed = client.get(f"{API}/problems").json()
    assert {entry["type"] for entry in listed} == {f"/problems/{slug}" for slug in problem_types()}
    for entry in listed:
        assert client.get(entry["type"]).json() == entry
    problem(client.get("/problems/nonesuch"), 404, "not-found")


def test_problems_that_the_ledger_writes_have_their_page_too() -> None:
    scripts = "".join(path.read_text() for path in Path(errors.__file__).parent.glob("batches/lua/**/*.lua"))
    written = dict(re.findall(r"type = '/problems/([a-z-]+)', title = '([^']+)'", scripts))
    assert len(written) >= 2
    assert {slug: problem_types()[slug].title for slug in written} == written


def test_the_schema_of_results_is_the_published_one(client: httpx.Client) -> None:
    published = Path(__file__).parents[3] / "docs/reference/schema/result-1.json"
    packaged = Path(errors.__file__).parent / "api/schema/result-1.json"
    assert packaged.read_text(encoding="utf-8") == published.read_text(encoding="utf-8")
    document = client.get(f"{API}/openapi.json").json()
    answer = document["paths"]["/api/v1/documents/{document_id}/result"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Result"}
    assert {"answers", "global"} <= set(document["components"]["schemas"]["Result"]["required"])


def test_a_result_fits_the_schema_of_the_document(client: httpx.Client) -> None:
    document = client.get(f"{API}/openapi.json").json()
    options = EvaluateOptions(not_applicable={"P9": "no hay cárcel"})
    result = evaluate(b"La tasa de homicidios fue de 12 en 2019.", load_rubric("decalogo"), options).result
    assert None in [answer["score"] for answer in result["answers"]]
    schema = {"$ref": "#/components/schemas/Result", "components": document["components"]}
    assert [error.message for error in Draft202012Validator(schema).iter_errors(result)] == []
