"""The option parser of the shell commands."""

from __future__ import annotations

import pytest

from tests.deployment.checkout import Checkout

SPECIFICATION = "scale= v|volumes yes"


def parse(checkout: Checkout, *words: str) -> str:
    quoted = " ".join(f"'{word}'" for word in words)
    shown = 'echo "scale=$(option scale) volumes=$(option volumes) yes=$(option yes) rest=${ARGUMENTS[*]}"'
    done = checkout.run(f"parse_options cmd '{SPECIFICATION}' {quoted}; {shown}")
    return done.stdout.strip() or done.stderr.strip()


@pytest.mark.parametrize(
    ("words", "result"),
    [
        ((), "scale= volumes= yes= rest="),
        (("--scale", "worker=4"), "scale=worker=4 volumes= yes= rest="),
        (("--scale=worker=4", "-v"), "scale=worker=4 volumes=yes yes= rest="),
        (("--volumes", "a", "--yes", "b"), "scale= volumes=yes yes=yes rest=a b"),
        (("-", "--yes", "--", "--scale"), "scale= volumes= yes=yes rest=- --scale"),
    ],
)
def test_options_may_stand_anywhere_and_take_their_value_either_way(
    checkout: Checkout, words: tuple[str, ...], result: str
) -> None:
    assert parse(checkout, *words) == result


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--volume",), "cmd: unknown option --volume"),
        (("-x",), "cmd: unknown option -x"),
        (("--scale",), "cmd: --scale needs a value"),
        (("--scale=",), "cmd: --scale needs a value"),
        (("--yes=no",), "cmd: --yes takes no value"),
    ],
)
def test_what_a_command_does_not_take_is_an_error_that_names_it(
    checkout: Checkout, words: tuple[str, ...], message: str
) -> None:
    assert message in parse(checkout, *words)


@pytest.mark.parametrize("command", ["up", "down", "join", "doctor", "join-token"])
def test_every_command_refuses_an_unknown_option_before_it_does_anything(checkout: Checkout, command: str) -> None:
    (checkout.folder / "var/form").write_text("stack\n")

    done = checkout.appliance(command, "--nonsense")

    assert done.returncode == 1
    assert f"{command}: unknown option --nonsense" in done.stderr
    assert "compose up" not in checkout.asked()
