"""A ZIP of documents becomes a batch of its members, or is refused with what is wrong and leaves nothing behind."""

from __future__ import annotations

import io
import json
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace

import httpx
import pytest

from decalogo.api.services import Services
from decalogo.settings import Settings
from tests.api.conftest import Nothing, Published, problem, stored_files
from tests.api.uploading import PDF, UPLOAD, files
from tests.evaluation.formats.test_office import docx, p


def archive(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as writer:
        for name, content in members.items():
            writer.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def send(client: httpx.Client, *named: tuple[str, bytes], **options: object) -> httpx.Response:
    return client.post(UPLOAD, files=files(*named), data={"options": json.dumps(options)} if options else {})


def changed(content: bytes, at: int, form: str, value: int) -> bytes:
    """Return an archive of one member with a field changed, in the member's own header and in the list."""
    local, listed = bytearray(content), content.index(b"PK\x01\x02")
    struct.pack_into(form, local, at, value)
    struct.pack_into(form, local, listed + at + 2, value)
    return bytes(local)


def test_the_members_of_a_zip_are_documents_in_the_order_of_their_paths(
    client: httpx.Client, services: Services, settings: Settings, published: Published
) -> None:
    plans = archive({"2024/leticia.txt": b"dos", "2020/florencia.pdf": PDF, "2020/acta.docx": docx(p("uno"))})
    answer = send(client, ("a.txt", b"cero"), ("planes.zip", plans), ("z.txt", b"tres"), custom_ids=list("ABCDE"))
    assert answer.status_code == 202, answer.text
    told = [(one["custom_id"], one["filename"]) for one in answer.json()["documents"]]
    names = ["a.txt", "acta.docx", "florencia.pdf", "leticia.txt", "z.txt"]
    assert told == list(zip("ABCDE", names, strict=True))
    kept = {document.filename: document for document in services.ledger.documents(answer.json()["job_id"])}
    assert services.store.read(f"documents/{kept['florencia.pdf'].document_id}") == PDF
    assert services.store.read(f"documents/{kept['leticia.txt'].document_id}") == b"dos"
    assert len(stored_files(settings)) == len(published.pairs) == 5


def test_an_office_document_is_no_archive(client: httpx.Client) -> None:
    answer = send(client, ("plan.docx", docx(p("La línea base."))))
    assert [one["filename"] for one in answer.json()["documents"]] == ["plan.docx"]


def test_what_systems_leave_in_a_zip_is_no_document(client: httpx.Client) -> None:
    clutter = {"planes/": b"", "__MACOSX/planes/._a.txt": b"x", "planes/.DS_Store": b"x", "Thumbs.db": b"x"}
    answer = send(client, ("planes.zip", archive({**clutter, "planes/a.txt": b"uno"})))
    assert [one["filename"] for one in answer.json()["documents"]] == ["a.txt"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("/etc/cron.d/x", "x"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("a/\u202egpj.exe", "gpj.exe"),
        ("a\nb.txt", "a b.txt"),
    ],
)
def test_a_members_path_is_for_display_only(client: httpx.Client, settings: Settings, path: str, shown: str) -> None:
    answer = send(client, ("planes.zip", archive({path: b"uno"})))
    (document,) = answer.json()["documents"]
    assert document["filename"] == shown
    assert all(document["document_id"] in str(path) for path in stored_files(settings))


def test_names_in_utf8_that_do_not_say_so_are_read_as_what_they_are(client: httpx.Client) -> None:
    said = archive({"muñecos.txt": b"uno"})
    unsaid = changed(said, 6, "<H", 0)
    for content in (said, unsaid):
        assert send(client, ("planes.zip", content)).json()["documents"][0]["filename"] == "muñecos.txt"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("educación y niñez.pdf".encode("cp850"), "educación y niñez.pdf"),
        ("PLAN DE ACCIÓN MUNICIPAL Ñ.pdf".encode("cp850"), "PLAN DE ACCIÓN MUNICIPAL Ñ.pdf"),
        ("educación y niñez.pdf".encode("cp1252"), "educación y niñez.pdf"),
        ("educación y niñez.pdf".encode(), "educación y niñez.pdf"),
    ],
)
def test_names_are_read_in_the_code_page_that_windows_wrote_them_in(
    client: httpx.Client, raw: bytes, name: str
) -> None:
    said = archive({"x" * len(raw): b"uno"})
    content = said.replace(b"x" * len(raw), raw)
    assert send(client, ("planes.zip", content)).json()["documents"][0]["filename"] == name


def test_a_name_in_a_field_of_its_own_prevails(client: httpx.Client) -> None:
    info = zipfile.ZipInfo("xx.txt")
    info.extra = (
        struct.pack("<HHBI", 0x7075, 5 + len("año.txt".encode()), 1, zlib.crc32(b"a\xa4.txt")) + "año.txt".encode()
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as writer:
        writer.writestr(info, b"uno")
    content = buffer.getvalue().replace(b"xx.txt", b"a\xa4.txt")
    assert send(client, ("planes.zip", content)).json()["documents"][0]["filename"] == "año.txt"


def test_a_document_that_is_kept_as_a_folder_is_one_document(client: httpx.Client) -> None:
    folder = {
        "plan.pages/Index.zip": archive({"Index/Document.iwa": b"x"}),
        "plan.pages/preview.jpg": b"x",
        "plan.pages/Data/a.png": b"x",
    }
    told = send(client, ("planes.zip", archive({"acta.txt": b"uno", **folder}))).json()["documents"]
    assert [one["filename"] for one in told] == ["acta.txt", "plan.pages"]


def test_a_member_that_is_no_document_fails_alone_later(client: httpx.Client) -> None:
    assert (
        send(client, ("planes.zip", archive({"a.txt": b"uno", "foto.png": b"\x89PNG", "b.txt": b""}))).status_code
        == 202
    )


GOOD = archive({"a.txt": b"uno " * 2000})
NESTED = archive({"a.txt": b"uno", "mas/otros.zip": archive({"b.txt": b"dos"})})
CORRUPT = GOOD[:45] + bytes([GOOD[45] ^ 255]) + GOOD[46:]


@pytest.mark.parametrize(
    ("content", "where", "detail"),
    [
        (NESTED, "files[0] planes.zip: otros.zip", "is an archive itself"),
        (changed(GOOD, 6, "<H", 1), "files[0] planes.zip: a.txt", "is encrypted"),
        (CORRUPT, "files[0] planes.zip: a.txt", "is damaged"),
        (archive({"a.txt": b"uno"}, zipfile.ZIP_LZMA), "files[0] planes.zip: a.txt", "unsupported compression method"),
        (archive({"a.txt": b"uno"}, zipfile.ZIP_BZIP2), "files[0] planes.zip: a.txt", "unsupported compression method"),
        (archive({"planes/": b"", ".x": b"x"}), "files[0] planes.zip", "has no documents"),
        (changed(GOOD, 18, "<I", 900_000_000), "files[0] planes.zip", "overlap"),
    ],
    ids=["nested", "encrypted", "damaged", "lzma", "bzip2", "empty", "overlapping"],
)
def test_a_bad_member_refuses_the_upload_and_is_named(
    client: httpx.Client,
    nothing_left: Nothing,
    content: bytes,
    where: str,
    detail: str,
) -> None:
    body = problem(send(client, ("planes.zip", content)), 422, "body-invalid")
    assert body["errors"][0]["where"] == where
    assert detail in body["errors"][0]["detail"]
    nothing_left()


def test_every_bad_member_is_named_up_to_twenty(client: httpx.Client, nothing_left: Nothing) -> None:
    inner = archive({"b.txt": b"dos"})
    content = archive({f"{number:02}.zip": inner for number in range(25)})
    told = problem(send(client, ("planes.zip", content)), 422, "body-invalid")
    assert [error["where"] for error in told["errors"]] == [
        f"files[0] planes.zip: {number:02}.zip" for number in range(20)
    ]
    assert told["detail"].endswith("(and 24 more)")
    nothing_left()


def test_members_count_for_the_tiers_limit(client: httpx.Client, nothing_left: Nothing) -> None:
    fits = archive({f"{number}.txt": b"uno" for number in range(50)})
    assert problem(send(client, ("a.txt", b"uno"), ("planes.zip", fits)), 403, "forbidden")["allowed"] == 50
    nothing_left()
    assert send(client, ("planes.zip", fits)).status_code == 202


def test_a_bomb_is_refused_before_it_is_unpacked(
    serve: Callable[..., httpx.Client],
    services: Services,
    nothing_left: Nothing,
) -> None:
    content = archive({"a.txt": bytes(300 << 20), "b.txt": bytes(300 << 20)})
    assert len(content) < 1 << 20
    started = time.process_time()
    body = problem(send(serve(), ("planes.zip", content)), 413, "payload-too-large")
    assert time.process_time() - started < 5
    assert body["limit"] == 500 << 20
    nothing_left()
    api = services.settings.api.model_copy(update={"max_unpacked_bytes": 100})
    small = replace(services, settings=services.settings.model_copy(update={"api": api}))
    twice = send(serve(services=small), ("a.zip", archive({"a": bytes(60)})), ("b.zip", archive({"b": bytes(60)})))
    assert "files[1] b.zip" in problem(twice, 413, "payload-too-large")["detail"]
    nothing_left()


def test_a_member_that_is_longer_than_its_list_says_is_damaged(client: httpx.Client, nothing_left: Nothing) -> None:
    body = problem(send(client, ("planes.zip", changed(GOOD, 22, "<I", 10))), 422, "body-invalid")
    assert "is damaged" in body["errors"][0]["detail"]
    nothing_left()


def test_the_same_zip_with_the_same_key_is_accepted_once(client: httpx.Client, services: Services) -> None:
    plans = archive({"a.txt": b"uno", "b.txt": b"dos"})
    headers = {"Idempotency-Key": "zip"}
    first, again = (client.post(UPLOAD, files=files(("p.zip", plans)), headers=headers) for _ in range(2))
    assert first.status_code == again.status_code == 202
    assert first.content == again.content
    assert services.ledger.depth() == 2


def test_ocr_can_be_declined_for_a_batch(client: httpx.Client, services: Services) -> None:
    answer = send(client, ("a.pdf", PDF), ocr="never")
    batch = services.ledger.batch(answer.json()["job_id"])
    assert batch is not None
    assert batch.options.ocr == "never"
    status = client.get(answer.json()["links"]["status"]).json()
    assert status["options"]["ocr"] == "never"
    problem(send(client, ("a.pdf", PDF), ocr="always"), 422, "body-invalid")
