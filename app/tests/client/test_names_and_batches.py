"""File names made from strangers' names, and files shared out over batches."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.client.file_names import MAX_STEM, Names, safe
from decalogo.client.multipart import FilePart
from decalogo.client.splitting import UPLOAD_BYTES, plan
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


def test_batches_respect_the_size_of_an_upload() -> None:
    half = UPLOAD_BYTES // 2 + 1
    assert [len(batch.files) for batch in plan(files(half, half, 1, UPLOAD_BYTES * 2, 1), [], split=50)] == [1, 2, 1, 1]


@given(st.lists(st.integers(0, UPLOAD_BYTES), min_size=1, max_size=40), st.integers(1, 10))
def test_splitting_keeps_every_file_once_in_order_with_its_id(sizes: list[int], split: int) -> None:
    parts = files(*sizes)
    ids = [f"id-{number}" for number in range(len(parts))]
    batches = plan(parts, ids, split=split)
    assert [file for batch in batches for file in batch.files] == parts
    assert [own for batch in batches for own in batch.custom_ids] == ids
    assert all(0 < len(batch.files) <= split for batch in batches)
    assert all(sum(file.size for file in batch.files) <= UPLOAD_BYTES for batch in batches)


def test_ids_must_match_files() -> None:
    with pytest.raises(ClientError, match="2 ids for 3 files"):
        plan(files(1, 1, 1), ["a", "b"], split=None)
