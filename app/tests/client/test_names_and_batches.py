"""File names made from strangers' names, and files shared out over batches."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.client.file_names import MAX_STEM, Names, safe
from decalogo.client.multipart import FilePart
from decalogo.client.splitting import UPLOAD_BYTES, Planned, plan, uploads
from decalogo.errors import ClientError


@given(st.lists(st.text(max_size=300), max_size=30))
def test_names_are_safe_and_differ(wanted: list[str]) -> None:
    names = Names()
    given_out = [names.give(text, "doc_1") for text in wanted]
    assert len({name.casefold() for name in given_out}) == len(wanted)
    for name in given_out:
        assert name
        assert not name.startswith((".", "-"))
        assert not set(name) & set('/\\:*?"<>|\0\n')
        assert len(name) <= MAX_STEM + 10


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("Plan de Cáceres 2024", "Plan_de_Cáceres_2024"),
        ("C:\\planes\\Neiva", "Neiva"),
        ("..", ""),
        ("CON", "_CON"),
        ("nul.pdf", "_nul.pdf"),
    ],
)
def test_a_name_keeps_what_can_be_kept(text: str, name: str) -> None:
    assert safe(text) == name


def test_the_same_name_twice_gets_a_number() -> None:
    names = Names()
    assert [names.give(text, "d") for text in ("a", "A", "a-2", "a")] == ["a", "A-2", "a-2-2", "a-3"]


def files(*sizes: int) -> list[FilePart]:
    return [FilePart(Path(f"{number}.pdf"), size) for number, size in enumerate(sizes)]


def test_files_stay_together_unless_told() -> None:
    many = files(*[1] * 120)
    assert [len(batch.files) for batch in plan(many, [], split=None)] == [120]
    assert [len(batch.files) for batch in plan(many, [], split=50)] == [50, 50, 20]


def test_uploads_respect_their_size_and_number() -> None:
    half = UPLOAD_BYTES // 2 + 1
    sized = Planned(tuple(files(half, half, 1, UPLOAD_BYTES * 2, 1)))
    assert [len(upload.files) for upload in uploads(sized)] == [1, 2, 1, 1]
    assert [len(upload.files) for upload in uploads(Planned(tuple(files(*[1] * 120))))] == [50, 50, 20]


def test_an_archive_is_sent_alone_only_where_asked() -> None:
    mixed = Planned((FilePart(Path("a.pdf"), 1), FilePart(Path("b.ZIP"), 1), FilePart(Path("c.pdf"), 1)))
    assert [len(upload.files) for upload in uploads(mixed)] == [3]
    assert [len(upload.files) for upload in uploads(mixed, archives_apart=True)] == [1, 1, 1]


def test_ids_of_documents_in_an_archive_stay_in_one_upload() -> None:
    (batch,) = plan([FilePart(Path("a.zip"), 1), *files(*[1] * 60)], ["x"] * 90, split=None)
    assert uploads(batch) == [batch]


@given(st.lists(st.integers(0, UPLOAD_BYTES), min_size=1, max_size=40), st.integers(1, 10))
def test_splitting_keeps_every_file_once_in_order_with_its_id(sizes: list[int], split: int) -> None:
    parts = files(*sizes)
    ids = [f"id-{number}" for number in range(len(parts))]
    batches = plan(parts, ids, split=split)
    sent = [upload for batch in batches for upload in uploads(batch)]
    assert [file for upload in sent for file in upload.files] == parts
    assert [own for upload in sent for own in upload.custom_ids] == ids
    assert all(0 < len(batch.files) <= split for batch in batches)
    assert all(sum(file.size for file in upload.files) <= UPLOAD_BYTES for upload in sent)


def test_ids_must_match_files() -> None:
    with pytest.raises(ClientError, match="2 ids for 3 files"):
        plan(files(1, 1, 1), ["a", "b"], split=None)
