"""Checks of `doctor` on what surrounds the appliance."""

from __future__ import annotations

import pytest

from tests.deployment.checkout import Checkout

OK, FAILED, WARNING = 0, 1, 9


@pytest.mark.parametrize(("running", "status"), [("1.0.0", OK), ("0.9.0", FAILED)])
def test_the_running_version_is_compared_with_the_checkout(checkout: Checkout, running: str, status: int) -> None:
    checkout.answer("compose exec -T api decalogo --version", f"decalogo {running}\n")
    assert checkout.run("version_of_checkout() { echo 1.0.0; }; version_is_current").returncode == status


@pytest.mark.parametrize(("value", "status"), [("*", OK), ("localhost", FAILED)])
def test_a_proxy_may_not_divert_requests_inside(checkout: Checkout, value: str, status: int) -> None:
    for service in ("api", "nginx", "prometheus"):
        checkout.answer(f"compose exec -T {service} printenv NO_PROXY", f"{value}\n")
    checkout.answer("compose exec -T api printenv HTTPS_PROXY", "http://proxy:3128\n")

    done = checkout.run("no_proxy_inside")

    assert done.returncode == status
    assert ("http://proxy:3128" in done.stdout) is (status == OK)


@pytest.mark.parametrize(("route", "status"), [("10.213.0.0/16", WARNING), ("192.168.1.0/24", OK)])
def test_networks_that_hide_a_part_of_the_lan_are_named(checkout: Checkout, route: str, status: int) -> None:
    (checkout.folder / "bin/ip").write_text(f"#!/bin/sh\necho '{route} dev eth0'\necho '10.213.84.0/25 dev br-1'\n")
    (checkout.folder / "bin/ip").chmod(0o755)
    checkout.answer("network ls", "0123\n")
    checkout.answer("network inspect", "decalogo_backend 10.213.84.0/25\n")

    done = checkout.run("networks_are_apart")

    assert done.returncode == status
    assert ("NETWORK_PREFIX" in done.stdout) is (status == WARNING)


@pytest.mark.parametrize(("used", "status"), [(50, OK), (95, WARNING)])
def test_a_disk_that_fills_is_a_warning(checkout: Checkout, used: int, status: int) -> None:
    (checkout.folder / "bin/df").write_text(f"#!/bin/sh\necho\necho '/dev/vda1 100 50 52428800 {used}% /'\n")
    (checkout.folder / "bin/df").chmod(0o755)

    done = checkout.run("disk_has_space /")

    assert done.returncode == status
    assert "50 GB free" in done.stdout


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("3 batches expire within 3 days; a batch is deleted 30 days after it finished", WARNING),
        ("0 batches expire within 3 days; a batch is deleted 30 days after it finished", OK),
        ("batches are not deleted (storage.retention_days is 0)", OK),
    ],
)
def test_batches_that_are_about_to_be_deleted_are_a_warning(checkout: Checkout, line: str, status: int) -> None:
    checkout.answer("compose exec -T api decalogo holdings --expiring 3", line)
    assert checkout.run("stack_expiring 3").returncode == status


@pytest.mark.parametrize(
    ("tokens", "uploads", "status"), [(1, "10", OK), (2, "10", WARNING), (2, "60", OK), (2, "0", OK)]
)
def test_a_premium_token_that_nginx_holds_back_is_a_warning(
    checkout: Checkout, tokens: int, uploads: str, status: int
) -> None:
    checkout.answer("compose exec -T api decalogo token list", "x | premium | read | usable |\n" * tokens)
    checkout.answer("compose exec -T api python", "60 600\n")

    done = checkout.run(
        "limits_fit_together",
        NGINX_UPLOADS_PER_MINUTE=uploads,
        NGINX_REQUESTS_PER_MINUTE="100" if uploads == "10" else "0",
    )

    assert done.returncode == status, done.stdout


@pytest.mark.parametrize(
    ("components", "facts", "options", "status", "message"),
    [
        ("Engine containerd runc", "20.10.24 2", "[name=seccomp,profile=default]", OK, "Docker 20.10.24\n"),
        ("Engine containerd", "28.0.0 2", "[name=rootless]", OK, "Docker 28.0.0, rootless\n"),
        ("Engine containerd", "28.0.0 1", "[name=rootless]", WARNING, "no limit of memory"),
        ("Podman Engine Conmon", "4.3.1 1", "[]", FAILED, "it is Podman"),
    ],
)
def test_the_container_engine_is_named(
    checkout: Checkout, components: str, facts: str, options: str, status: int, message: str
) -> None:
    checkout.answer("version --format", components)
    checkout.answer("info --format {{.ServerVersion}}", facts + "\n")
    checkout.answer("info --format {{.SecurityOptions}}", options)
    done = checkout.run("engine_is_supported")
    assert done.returncode == status
    assert message in done.stdout


def test_up_refuses_podman_before_it_builds_anything(checkout: Checkout) -> None:
    checkout.answer("version --format", "Podman Engine")
    done = checkout.run("stack_up ''")
    assert done.returncode == 1
    assert "./appliance up --embedded" in done.stderr
