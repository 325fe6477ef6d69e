"""`down`: which data it deletes, the question before that, and appliances of other checkouts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployment.checkout import Checkout

VOLUMES = "decalogo_artifacts\n"


def started(checkout: Checkout, form: str = "stack") -> Checkout:
    (checkout.folder / "var/form").write_text(f"{form}\n")
    return checkout


@pytest.mark.parametrize(
    ("options", "deletes"),
    [((), False), (("-v", "--yes"), True), (("--volumes", "--yes"), True)],
    ids=["plain", "-v", "--volumes"],
)
def test_data_is_deleted_only_on_request(checkout: Checkout, options: tuple[str, ...], deletes: bool) -> None:
    done = started(checkout).appliance("down", *options)

    assert done.returncode == 0, done.stderr
    assert ("are deleted" in done.stderr) is deletes
    assert ("--volumes" in checkout.asked()) is deletes


@pytest.mark.parametrize("form", ["stack", "joined", "embedded"])
@pytest.mark.parametrize("options", [("--volume",), ("worker",)])
def test_down_refuses_what_it_does_not_take(checkout: Checkout, form: str, options: tuple[str, ...]) -> None:
    done = started(checkout, form).appliance("down", *options)

    assert done.returncode == 1
    assert "down --remove-orphans" not in checkout.asked()


def test_without_a_terminal_nobody_can_confirm_so_nothing_is_deleted(checkout: Checkout) -> None:
    checkout.answer("volume ls", VOLUMES)
    checkout.answer("compose exec -T api decalogo holdings", "3 batches, 120 documents, 2 tokens\n")

    done = started(checkout).appliance("down", "--volumes")

    assert done.returncode == 1
    assert "3 batches, 120 documents, 2 tokens" in done.stderr
    assert "--yes" in done.stderr
    assert "down --remove-orphans" not in checkout.asked()


@pytest.mark.parametrize("volumes", ["", VOLUMES], ids=["no volume", "an empty appliance"])
def test_nothing_is_asked_when_nothing_would_be_lost(checkout: Checkout, volumes: str) -> None:
    checkout.answer("volume ls", volumes)
    checkout.answer("compose exec -T api decalogo holdings", "nothing\n")

    done = started(checkout).appliance("down", "--volumes")

    assert done.returncode == 0, done.stderr
    assert "--volumes" in checkout.asked()


@pytest.mark.parametrize("command", [("down",), ("down", "--volumes", "--yes"), ("up",), ("token", "revoke", "x")])
def test_an_appliance_of_another_checkout_is_left_alone(
    checkout: Checkout, tmp_path_factory: pytest.TempPathFactory, command: tuple[str, ...]
) -> None:
    other = tmp_path_factory.mktemp("other")
    checkout.answer("ps --all --filter", f"{other}\n")

    done = started(checkout).appliance(*command)

    assert done.returncode == 1
    assert f"belongs to the checkout {other}" in done.stderr
    assert "COMPOSE_PROJECT_NAME" in done.stderr
    assert not {"up --detach", "down --remove-orphans", "exec"} & set(checkout.asked().split("compose "))


@pytest.mark.parametrize("where", ["here", "gone"])
def test_containers_of_this_checkout_are_its_own_even_after_a_move(checkout: Checkout, where: str) -> None:
    folder = checkout.folder if where == "here" else Path("/nowhere/decalogo")
    checkout.answer("ps --all --filter", f"{folder}\n")

    assert started(checkout).appliance("down").returncode == 0


def test_networks_that_the_files_no_longer_name_go_too(checkout: Checkout) -> None:
    checkout.answer("network ls", "0123\n")
    checkout.answer("network inspect", "decalogo_webhooks-true 10.213.84.184/29\n")

    assert started(checkout).appliance("down").returncode == 0

    assert "network rm decalogo_webhooks-true" in checkout.asked()
