"""A form gives the same files whatever the borders of the chunks it arrives in."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decalogo.api.upload.multipart import MultipartReader, PartData, PartEnd, PartStart
from decalogo.errors import MediaTypeError, RequestError

BOUNDARY = "x-border"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def read(body: bytes, cuts: list[int], content_type: str = TYPE) -> list[tuple[str, str | None, bytes]]:
    """Feed ``body`` cut at these places; return name, file name and content of each part."""
    reader = MultipartReader(content_type)
    parts: list[tuple[str, str | None, bytes]] = []
    content = bytearray()
    places = [0, *sorted({min(cut, len(body)) for cut in cuts}), len(body)]
    for start, end in pairwise(places):
        for event in reader.feed(body[start:end]):
            if isinstance(event, PartStart):
                current = event
                content = bytearray()
            elif isinstance(event, PartData):
                content += event.data
            elif isinstance(event, PartEnd):
                parts.append((current.name, current.filename, bytes(content)))
    reader.close()
    return parts


def form(parts: list[tuple[str, bytes]]) -> bytes:
    """Write a form by hand, so that contents may hold anything but the border itself."""
    lines = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in parts
    )
    return lines + f"--{BOUNDARY}--\r\n".encode()


# Pieces of the border itself are what a careless parser trips over.
nasty = st.lists(
    st.one_of(
        st.binary(max_size=40), st.sampled_from([b"\r\n", b"\r", b"--", b"\r\n--x-bord", b"\r\n--", b"x-border"])
    ),
    max_size=12,
).map(b"".join)
contents = nasty.filter(lambda content: b"\r\n--x-border" not in b"\r\n" + content)
names = st.text(alphabet=st.characters(codec="utf-8", exclude_characters='"\\\r\n\x00', exclude_categories=["Cs"]))


@given(
    parts=st.lists(st.tuples(names, contents), min_size=1, max_size=5), cuts=st.lists(st.integers(0, 900), max_size=30)
)
@settings(max_examples=300)
def test_any_cutting_gives_the_same_parts(parts: list[tuple[str, bytes]], cuts: list[int]) -> None:
    body = form(parts)
    assert [content for _, _, content in read(body, cuts)] == [content for _, content in parts]
    assert read(body, cuts) == read(body, []) == read(body, list(range(len(body))))


@given(body=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5))
def test_any_bytes_end_in_parts_or_in_a_clean_refusal(body: bytes, cuts: list[int]) -> None:
    for start in (b"", f"--{BOUNDARY}\r\n".encode()):
        with suppress(RequestError):
            read(start + body, cuts)


@given(cut=st.integers(1, 500))
def test_a_form_cut_short_is_refused(cut: int) -> None:
    body = form([("a.pdf", b"a" * 100), ("b.pdf", b"b" * 100)])[: -len("--\r\n")]
    with pytest.raises(RequestError):
        read(body[:-cut] if cut < len(body) else b"", [50])


def test_forms_of_a_real_client_are_read() -> None:
    request = httpx.Request(
        "POST",
        "http://x",
        files=[("files", ("Plan de Desarrollo «Año».pdf", b"%PDF"))],
        data={"options": '{"priority":"low"}'},
    )
    assert read(request.read(), [10], request.headers["content-type"]) == [
        ("options", None, b'{"priority":"low"}'),
        ("files", "Plan de Desarrollo «Año».pdf", b"%PDF"),
    ]


def test_text_around_the_form_is_ignored() -> None:
    assert read(form([("a", b"1")]) + b"epilogue", []) == [("files", "a", b"1")]


def test_a_name_in_latin_1_is_not_lost() -> None:
    body = form([("PLACE", b"")]).replace(b"PLACE", "Año.pdf".encode("latin-1"))
    assert read(body, [])[0][1] == "Año.pdf"


@pytest.mark.parametrize(
    "written",
    [
        "filename*=UTF-8''A%C3%B1o%202024.pdf",
        "filename=Ano.pdf; filename*=UTF-8''A%C3%B1o%202024.pdf",
        "filename*=iso-8859-1'es'A%F1o%202024.pdf; filename=Ano.pdf",
        "FILENAME*=utf-8''A%c3%b1o%202024.pdf",
        "filename*0*=UTF-8''A%C3%B1o; filename*1*=%202024.pdf",
    ],
)
def test_an_extended_name_is_read_and_prevails(written: str) -> None:
    body = form([("PLACE", b"x")]).replace(b'filename="PLACE"', written.encode())
    assert read(body, []) == [("files", "Año 2024.pdf", b"x")]


@pytest.mark.parametrize(
    "written",
    ["filename*=UTF-8''%E", "filename*=x", "filename*a*=b", "filename*=nada'x'%FF", "filename*0*=", "filename**=x"],
)
def test_a_malformed_extended_name_ends_in_some_name(written: str) -> None:
    body = form([("PLACE", b"x")]).replace(b'filename="PLACE"', written.encode() + b"; filename=plan.pdf")
    assert read(body, [])[0][1]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "closing boundary"),
        (b"no form at all", "not well-formed"),
        (f"--{BOUNDARY}\r\n\r\nx\r\n--{BOUNDARY}--".encode(), "Content-Disposition"),
        (f"--{BOUNDARY}\r\nContent-Disposition: attachment\r\n\r\nx\r\n--{BOUNDARY}--".encode(), "Content-Disposition"),
        (f"--{BOUNDARY}\r\nX: {'y' * 5000}\r\n\r\n".encode(), "header size"),
        (f"--{BOUNDARY}\r\n".encode() + b"X: y\r\n" * 100, "header count"),
    ],
)
def test_a_malformed_form_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(RequestError) as caught:
        read(body, [])
    assert reason in caught.value.detail


@pytest.mark.parametrize(
    "header", ["multipart/form-data", "multipart/form-data; boundary=", f"x; boundary={'b' * 300}"]
)
def test_a_form_without_usable_boundary_is_refused(header: str) -> None:
    with pytest.raises(MediaTypeError):
        MultipartReader(header)
