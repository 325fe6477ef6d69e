"""Text and layout of one page are found among all, wherever the pieces end that they are read in."""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path
from unittest.mock import patch

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.errors import NotFoundError
from decalogo.storage import page_texts
from decalogo.storage.artifacts import ArtifactStore
from decalogo.storage.page_texts import all_page_texts, encode_pages, page_layout, page_text

KEY = "pages/doc.1.json.gz"
PAGE = st.text(st.sampled_from('ab"\\,[]\n\x00é🙂'), max_size=12)


@given(texts=st.lists(PAGE, max_size=8), piece=st.integers(1, 40), ascii_only=st.booleans())
def test_every_page_is_found_whatever_is_in_it(texts: list[str], piece: int, ascii_only: bool) -> None:
    raw = json.dumps(texts).encode() if ascii_only else orjson.dumps(texts)
    with tempfile.TemporaryDirectory() as folder, patch.object(page_texts, "PIECE_BYTES", piece):
        store = ArtifactStore(Path(folder))
        path = store.path(KEY)
        path.parent.mkdir(parents=True)
        path.write_bytes(gzip.compress(raw))
        assert [page_text(store, KEY, number) for number in range(1, len(texts) + 1)] == texts
        with pytest.raises(NotFoundError) as raised:
            page_text(store, KEY, len(texts) + 1)
    assert raised.value.extra == {"pages": len(texts)}


@given(texts=st.lists(PAGE, max_size=8), words=PAGE, piece=st.integers(1, 40))
def test_every_layout_is_found_and_changes_no_text(texts: list[str], words: str, piece: int) -> None:
    layouts = [{"page": number, "heading": words} for number in range(1, len(texts) + 1)]
    with tempfile.TemporaryDirectory() as folder, patch.object(page_texts, "PIECE_BYTES", piece):
        store = ArtifactStore(Path(folder))
        path = store.path(KEY)
        path.parent.mkdir(parents=True)
        path.write_bytes(encode_pages(texts, layouts))
        numbers = range(1, len(texts) + 1)
        assert [page_layout(store, KEY, number) for number in numbers] == layouts
        assert [page_text(store, KEY, number) for number in numbers] == all_page_texts(store, KEY) == texts
        with pytest.raises(NotFoundError) as raised:
            page_text(store, KEY, len(texts) + 1)
        assert raised.value.extra == {"pages": len(texts)}
        path.write_bytes(encode_pages(texts))
        assert [page_layout(store, KEY, number) for number in numbers] == [None] * len(texts)
        assert page_layout(store, KEY, len(texts) + 1) is None


def test_texts_that_are_gone_are_told_from_a_page_that_never_was(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        page_text(ArtifactStore(tmp_path), KEY, 1)
