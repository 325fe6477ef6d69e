"""The age of the Debian packages, their renewal by `update`, and the bills of materials."""

from __future__ import annotations

import pytest

from tests.deployment.checkout import Checkout

OK, FAILED, WARNING = 0, 1, 9
DAY = 86400
NEW_YEAR = 1767225600
IMAGES = ("api", "redis", "nginx", "prometheus")


def packages_of(checkout: Checkout, days: dict[str, int]) -> str:
    """Let each image report packages of the given age, days; return the clock of the script."""
    for service in IMAGES:
        installed = f"2025-12-{31 - days.get(service, 0):02}T00:00:00Z\n"
        checkout.answer(f"compose exec -T {service} cat ".replace("/", "_"), installed)
    return f'date() {{ if [[ $* == +%s ]]; then echo {NEW_YEAR - DAY + 60}; else command date "$@"; fi; }}; '


@pytest.mark.parametrize(("oldest", "status"), [(0, OK), (29, OK), (30, WARNING)])
@pytest.mark.parametrize("image", IMAGES)
def test_doctor_looks_at_the_oldest_packages_of_all_images(
    checkout: Checkout, image: str, oldest: int, status: int
) -> None:
    done = checkout.run(packages_of(checkout, {image: oldest}) + "packages_are_recent")

    assert done.returncode == status, done.stderr
    assert f"{oldest} days" in done.stdout
    assert ("./appliance update" in done.stdout) == (status == WARNING)


def test_doctor_fails_where_an_image_does_not_report_its_packages(checkout: Checkout) -> None:
    clock = packages_of(checkout, {})
    checkout.answer("compose exec -T nginx cat ", "no date\n")
    assert checkout.run(clock + "packages_are_recent").returncode == FAILED


RENEW = "renew_packages stack && echo renewed; "


@pytest.mark.parametrize(("days", "renewed"), [(0, False), (1, True)])
def test_packages_of_today_are_not_renewed(checkout: Checkout, days: int, renewed: bool) -> None:
    done = checkout.run(packages_of(checkout, {"redis": days}) + RENEW)

    assert ("renewed" in done.stdout) == renewed
    assert (checkout.folder / "var/packages-from").exists() == renewed


def test_images_from_elsewhere_are_not_renewed_here(checkout: Checkout) -> None:
    clock = packages_of(checkout, {"redis": 20})
    done = checkout.run(clock + RENEW, IMAGE_REGISTRY="registry.example.org")
    assert "renewed" not in done.stdout


def test_every_later_build_has_the_renewed_packages(checkout: Checkout) -> None:
    checkout.run(packages_of(checkout, {"redis": 20}) + RENEW)
    kept = (checkout.folder / "var/packages-from").read_text().strip()

    assert kept
    assert checkout.run("recall_packages; compose build; env | grep ^PACKAGES_FROM=").stdout.strip().endswith(kept)


def test_a_renewal_that_does_not_start_leaves_the_packages_of_before(checkout: Checkout) -> None:
    (checkout.folder / "var/packages-from").write_text("2025-11-01\n")
    (checkout.folder / "appliance").write_text("#!/bin/sh\necho the mirror is away; exit 1\n")

    done = checkout.run(packages_of(checkout, {"redis": 20}) + "recall_packages; update_packages stack")

    assert done.returncode != 0
    assert "./appliance up" in done.stderr
    assert (checkout.folder / "var/packages-from").read_text() == "2025-11-01\n"


def test_the_bills_of_materials_are_those_of_the_images(checkout: Checkout) -> None:
    checkout.answer("compose exec -T", '{"bomFormat": "CycloneDX"}')
    done = checkout.run("need_running_stack() { :; }; stack_sbom bills")

    names = {path.name for path in (checkout.folder / "bills").iterdir()}
    assert names == {f"{image}-debian.cdx.json" for image in ("app", "redis", "nginx", "monitoring")} | {
        "app-python.cdx.json"
    }
    assert len(done.stdout.splitlines()) == 5
