"""What a submitter says of batches and documents: metadata and points that do not apply, at upload and later."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from decalogo.api.services import Services
from decalogo.batches.states import DocumentState
from tests.api.conftest import problem
from tests.api.uploading import PDF, UPLOAD, files
from tests.api.working import succeed

API = "/api/v1"
TABLE = "archivo;municipio;Código DANE;departamento;período;no_aplica;alcalde\r\n" + "\r\n".join(
    [
        "uno.pdf;Florencia;18001;Caquetá;2020-2023;P9=no hay cárcel; P3;Luis Antonio Ruiz",
        "otro.pdf;Cali;76001;Valle;2020-2023;;",
        "DOS.pdf;Mocoa;86001;Putumayo;2020-2023;;",
    ]
).replace("P9=no hay cárcel; P3", '"P9=no hay cárcel; P3"')


def upload(client: httpx.Client, options: dict[str, Any] | None = None, table: bytes | None = None) -> httpx.Response:
    form: list[Any] = files(("uno.pdf", PDF), ("dos.pdf", PDF + b"2"))
    if table is not None:
        form.append(("table", ("datos.csv", table)))
    return client.post(UPLOAD, files=form, data={"options": json.dumps(options or {})})


def documents(client: httpx.Client, accepted: httpx.Response) -> list[dict[str, Any]]:
    assert accepted.status_code == 202, accepted.text
    found: list[dict[str, Any]] = client.get(f"{API}/batch/{accepted.json()['job_id']}/documents").json()["documents"]
    return found


def test_a_batch_and_each_document_carry_their_pairs(client: httpx.Client) -> None:
    about = [{"id": "18001", "metadata": {"name": "Florencia"}, "not_applicable": ["P9"]}, {}]
    answer = upload(client, {"metadata": {"name": "Planes 2024"}, "documents": about, "not_applicable": {"P1": "x"}})
    assert [d["metadata"] for d in answer.json()["documents"]] == [{"name": "Florencia"}, {}]
    one, two = documents(client, answer)
    assert (one["custom_id"], one["not_applicable"], two["not_applicable"]) == ("18001", {"P9": ""}, None)
    status = client.get(f"{API}/batch/status/{answer.json()['job_id']}").json()
    assert status["metadata"] == {"name": "Planes 2024"}


def test_inline_documents_carry_them_too(client: httpx.Client) -> None:
    text = {"id": "a", "content": "x", "metadata": {"code": "1"}, "not_applicable": {"P2": "y"}}
    (one,) = documents(client, client.post(UPLOAD, json={"documents": [text]}))
    assert (one["metadata"], one["not_applicable"]) == ({"code": "1"}, {"P2": "y"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_table_gives_each_file_its_row_by_name(client: httpx.Client, encoding: str) -> None:
    one, two = documents(client, upload(client, table=TABLE.encode(encoding)))
    assert one["metadata"] == {
        "name": "Florencia", "code": "18001", "department": "Caquetá", "period": "2020-2023",
        "alcalde": "Luis Antonio Ruiz",
    }  # fmt: skip
    assert one["not_applicable"] == {"P9": "no hay cárcel", "P3": ""}
    assert (two["metadata"]["name"], two["not_applicable"]) == ("Mocoa", None)


def test_columns_can_be_named_and_then_others_are_ignored(client: httpx.Client) -> None:
    columns = {"filename": "archivo", "id": "Código DANE", "mayor": "alcalde"}
    one, two = documents(client, upload(client, {"table": {"columns": columns}}, TABLE.encode()))
    assert (one["custom_id"], one["metadata"]) == ("18001", {"mayor": "Luis Antonio Ruiz"})
    assert (two["custom_id"], two["metadata"]) == ("86001", {})


@pytest.mark.parametrize(
    ("options", "table", "where", "detail"),
    [
        ({}, b"", "table", "empty"),
        ({}, b"a,b\n1,2\n", "table", "no column has the file names"),
        ({}, b"file,name\nx.pdf,X\n", "table", "no row has the file name"),
        ({}, b"file,name\nuno.pdf,X\nUNO.pdf,Y\n", "table row 3", "repeated"),
        ({}, b"file,no_aplica\nuno.pdf,P77\n", "documents[0].not_applicable", "has no point 'P77'"),
        ({}, b"file,id\nuno.pdf,a\ndos.pdf,a\n", "documents.id[1]", "is also the id of file 0"),
        ({}, b'file,name\nuno.pdf,"X\n', "table", "not valid CSV"),
        ({}, b"file,name\nuno.pdf," + b"x" * 600 + b"\n", "table row 2.metadata.name", "512"),
        ({"table": {"columns": {"filename": "nope"}}}, b"file\nuno.pdf\n", "table", "no column 'nope'"),
        ({"custom_ids": ["a", "b"]}, b"file\nuno.pdf\n", "table", "combined with options.custom_ids"),
        ({"table": {}}, None, "options.table", "no field `table`"),
        ({"documents": [{}]}, None, "options.documents", "1 entries for 2 files"),
        ({"documents": [{"metadata": {"": "x"}}, {}]}, None, "options.documents[0].metadata", "visible"),
        ({"metadata": {str(n): "x" for n in range(17)}}, None, "options.metadata", "at most 16 pairs"),
    ],
)
def test_a_wrong_description_is_refused_with_what_and_where(
    client: httpx.Client, options: dict[str, Any], table: bytes | None, where: str, detail: str
) -> None:
    body = problem(upload(client, options, table), 422, "body-invalid")
    assert body["errors"][0]["where"].startswith(where)
    assert detail in body["errors"][0]["detail"]


def test_a_table_over_its_limit_is_refused(client: httpx.Client) -> None:
    answer = upload(client, table=b"file\n" + b"x" * (1 << 20))
    assert "`table`" in problem(answer, 413, "payload-too-large")["detail"]


def test_deceptive_characters_are_removed_from_pairs(client: httpx.Client) -> None:
    pairs = {"name\u202e": "Flo\u202erencia\u0000  <script>"}
    (one,) = documents(client, client.post(UPLOAD, json={"documents": [{"content": "x", "metadata": pairs}]}))
    assert one["metadata"] == {"name": "Florencia <script>"}


def test_the_same_upload_with_other_pairs_is_another_upload(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "k"}
    text: dict[str, Any] = {"documents": [{"content": "x"}]}
    first = client.post(UPLOAD, json=text, headers=key)
    assert client.post(UPLOAD, json=text, headers=key).json()["job_id"] == first.json()["job_id"]
    text["documents"][0]["metadata"] = {"name": "y"}
    problem(client.post(UPLOAD, json=text, headers=key), 422, "idempotency-key-reused")


def test_pairs_are_set_and_removed_later(client: httpx.Client) -> None:
    answer = client.post(UPLOAD, json={"documents": [{"content": "x", "metadata": {"name": "A", "code": "1"}}]})
    document_id = answer.json()["documents"][0]["document_id"]
    changed = client.patch(f"{API}/documents/{document_id}", json={"metadata": {"code": None, "period": "2024"}})
    assert (changed.status_code, changed.json()["metadata"]) == (200, {"name": "A", "period": "2024"})
    batch = client.patch(f"{API}/batch/{answer.json()['job_id']}", json={"metadata": {"name": "B"}})
    assert (batch.status_code, batch.json()["metadata"]) == (200, {"name": "B"})
    many = {f"k{n}": "v" for n in range(15)}
    body = problem(client.patch(f"{API}/documents/{document_id}", json={"metadata": many}), 422, "body-invalid")
    assert body["errors"][0]["where"] == "metadata"
    problem(client.patch(f"{API}/documents/{document_id}", json={"state": "succeeded"}), 422, "body-invalid")


def test_new_points_queue_an_evaluated_document_again(client: httpx.Client, services: Services) -> None:
    answer = client.post(UPLOAD, json={"documents": [{"content": "x"}]})
    document_id = answer.json()["documents"][0]["document_id"]
    address = f"{API}/documents/{document_id}"
    assert client.patch(address, json={"not_applicable": ["P9"]}).status_code == 200
    succeed(services, document_id)
    changed = client.patch(address, json={"not_applicable": {"P9": "no hay cárcel", "P2": ""}})
    assert (changed.status_code, changed.json()["state"]) == (202, "queued")
    assert changed.json()["not_applicable"] == {"P9": "no hay cárcel", "P2": ""}
    problem(client.get(f"{address}/result"), 409, "not-ready")
    succeed(services, document_id, attempt=2)
    assert client.patch(address, json={"not_applicable": None}).json()["not_applicable"] is None
    body = problem(client.patch(address, json={"not_applicable": ["P77"]}), 422, "body-invalid")
    assert "has no point" in body["detail"]
    document = services.ledger.document(document_id)
    assert document is not None
    assert document.state is DocumentState.QUEUED


def test_nobody_changes_or_sees_what_another_tenant_says(serve: Callable[..., httpx.Client]) -> None:
    mine, other = serve(tenant="a"), serve(tenant="b")
    answer = mine.post(UPLOAD, json={"documents": [{"content": "x"}]}).json()
    document_id = answer["documents"][0]["document_id"]
    for address in (f"documents/{document_id}", f"batch/{answer['job_id']}"):
        problem(other.patch(f"{API}/{address}", json={"metadata": {"name": "x"}}), 404, "not-found")
    for address in (f"documents/{document_id}/file", f"batch/{answer['job_id']}/failures"):
        problem(other.get(f"{API}/{address}"), 404, "not-found")


def test_a_large_body_where_a_small_one_belongs_is_refused(client: httpx.Client) -> None:
    answer = client.post(UPLOAD, json={"documents": [{"content": "x"}]}).json()
    document_id = answer["documents"][0]["document_id"]
    body = b'{"metadata": {"name": "' + b"x" * (3 << 20) + b'"}}'
    large = client.patch(f"{API}/documents/{document_id}", content=body, headers={"Content-Type": "application/json"})
    problem(large, 413, "payload-too-large")
