"""What the full-text index takes as a query."""

from pathlib import Path

import pytest

from decalogo.search.index import BatchIndex, match_expression
from decalogo.storage.artifacts import ArtifactStore


@pytest.mark.parametrize(
    "query", ["salud\0mental", "\x07\0Ä\x16¤", '"sin cerrar', 'a" OR "b', "NEAR(a b)", "text:*", "NOT", "'", "^a -b"]
)
def test_any_text_is_a_query(query: str, tmp_path: Path) -> None:
    found = BatchIndex(ArtifactStore(tmp_path), "batch_1").search(query, quotes_only=False, offset=0, limit=1)
    assert found.total == 0


def test_every_word_is_quoted_and_a_nul_parts_two_words() -> None:
    assert match_expression('agua\0potable "zona rural"') == '"agua" AND "potable" AND "zona rural"'
