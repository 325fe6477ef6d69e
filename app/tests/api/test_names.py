"""Names of strangers are fit for display and never lead anywhere."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.api.upload.display_names import MAX_NAME, display_name, is_plain_id


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\Plan 2024.pdf", "Plan 2024.pdf"),
        ("/tmp/plan.pdf/", "plan.pdf"),
        ("plan\x00.pdf\x1b[31m", "plan.pdf[31m"),
        ("plan\u202efdp.exe", "planfdp.exe"),
        ("a\u0301rbol.pdf", "árbol.pdf"),
        ("  plan \t\r\n de \u2028 desarrollo.pdf ", "plan de desarrollo.pdf"),
        ("..", "document-1"),
        ("", "document-1"),
        ("\u200b\u200b", "document-1"),
        ("x" * 4096 + ".pdf", "x" * (MAX_NAME - 5) + "….pdf"),
    ],
)
def test_a_name_is_cleaned(raw: str, shown: str) -> None:
    assert display_name(raw, "document-1") == shown


@given(st.text())
def test_no_name_holds_a_path_a_control_or_a_direction_mark(raw: str) -> None:
    name = display_name(raw, "document-1")
    assert 1 <= len(name) <= MAX_NAME
    assert not set(name) & set("/\\\0\r\n\t")
    assert name.strip(".")
    assert not {unicodedata.category(char) for char in name} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@pytest.mark.parametrize("text", ["", " a", "a ", "a\nb", "a\u202eb", "x" * 201])
def test_an_id_that_cannot_be_shown_is_refused(text: str) -> None:
    assert not is_plain_id(text)


def test_an_ordinary_id_is_taken() -> None:
    assert is_plain_id("Florencia (Caquetá) 18001")
