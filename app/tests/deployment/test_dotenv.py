"""`.env` means the same to the scripts as to Compose; the stack scenario operations compares both on the same file."""

from __future__ import annotations

import pytest

from tests.deployment.checkout import Checkout
from tests.deployment.dotenv_cases import CASES


@pytest.mark.parametrize(("line", "value"), CASES.values(), ids=CASES)
def test_a_value_is_read_by_the_rules_of_compose(checkout: Checkout, line: str, value: str) -> None:
    (checkout.folder / ".env").write_text(f"FIRST=one\n{line}\n", newline="")

    assert checkout.run("configured X; echo .").stdout == f"{value}.\n"


def test_the_last_of_several_lines_with_one_name_applies(checkout: Checkout) -> None:
    (checkout.folder / ".env").write_text("OTHER_X=no\nX=first\nX=last")
    assert checkout.run("configured X").stdout == "last"


def test_the_environment_overrides_env_also_inside_other_values(checkout: Checkout) -> None:
    (checkout.folder / ".env").write_text("A=file\nX=${A}/x\n")

    assert checkout.run("configured A; configured X", A="environment").stdout == "environmentenvironment/x"


def test_an_empty_value_means_the_default(checkout: Checkout) -> None:
    (checkout.folder / ".env").write_text("X=\n")
    assert checkout.run("configured X default; configured Y default").stdout == "defaultdefault"


@pytest.mark.parametrize("line", ["X='open", 'X="open', "X=${A:?missing}", "X=$(date)", "two words", "9X=1"])
def test_a_line_that_the_scripts_cannot_read_is_an_error_with_its_number(checkout: Checkout, line: str) -> None:
    (checkout.folder / ".env").write_text(f"A=1\n\n{line}\n")

    done = checkout.appliance("status")

    assert done.returncode == 1
    assert ".env, line 3" in done.stderr
