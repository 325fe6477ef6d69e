"""A bundle is loaded only where it belongs to the version of the checkout and is undamaged."""

from __future__ import annotations

import hashlib
import subprocess

import pytest

from tests.deployment.checkout import Checkout

UP = (
    "refuse_other_checkout() { :; }; select_network() { :; }; select_ports() { :; }; choose_grafana() { :; };"
    "renew_networks() { :; }; await_ready() { :; }; make_base_image() { echo base >>order; };"
)


@pytest.fixture
def bundled(checkout: Checkout) -> Checkout:
    """A checkout that came out of a bundle with one image."""
    for command in (("init", "--quiet"), ("add", "appliance"), ("commit", "--quiet", "--message", "first")):
        author = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
        subprocess.run(["git", *author, *command], cwd=checkout.folder, check=True)
    folder = checkout.folder / "var/bundle"
    (folder / "packages").mkdir(parents=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout.folder, capture_output=True, text=True, check=True)
    files = {"commit": head.stdout, "images": "decalogo/app:1.0.0\n", "images.tar.gz": "images"}
    for name, text in files.items():
        (folder / name).write_text(text)
    sums = [f"{hashlib.sha256(text.encode()).hexdigest()}  ./{name}\n" for name, text in files.items()]
    (folder / "SHA256SUMS").write_text("".join(sums))
    return checkout


def test_a_start_from_a_bundle_loads_and_builds_nothing(bundled: Checkout) -> None:
    bundled.refuse("image inspect")
    bundled.refuse("image")

    done = bundled.run(UP + "stack_up ''")

    assert done.returncode == 0, done.stderr
    assert f"load --input {bundled.folder}/var/bundle/images.tar.gz" in bundled.asked()
    assert "compose build" not in bundled.asked().replace("--progress quiet ", "")
    assert " build" not in bundled.asked()
    assert not (bundled.folder / "order").exists()


def test_images_that_are_here_are_not_loaded_again(bundled: Checkout) -> None:
    assert bundled.run(UP + "stack_up ''").returncode == 0
    assert "load" not in bundled.asked()


def test_a_damaged_bundle_is_refused_with_the_file(bundled: Checkout) -> None:
    (bundled.folder / "var/bundle/images.tar.gz").write_text("other")
    bundled.refuse("image")

    done = bundled.run("load_bundle")

    assert done.returncode == 1
    assert "./images.tar.gz: FAILED" in done.stderr
    assert "load" not in bundled.asked()


@pytest.mark.parametrize("change", ["echo >>appliance", "echo other >var/bundle/commit", "rm -r var/bundle"])
def test_a_checkout_with_another_version_builds(bundled: Checkout, change: str) -> None:
    assert bundled.run(f"{change}; {UP} stack_up ''").returncode == 0
    assert " build" in bundled.asked()


def test_with_a_registry_images_are_pulled_and_not_built(checkout: Checkout) -> None:
    (checkout.folder / ".env").write_text("IMAGE_REGISTRY=registry.example.org/decalogo\n")
    images = ("registry.example.org/decalogo/app:1.0.0", "registry.example.org/decalogo/nginx:1.0.0")
    checkout.answer("compose config --images", "\n".join((*images, images[0], "grafana/grafana:1")) + "\n")

    done = checkout.run(UP + "stack_up ''")

    assert done.returncode == 0, done.stderr
    asked = checkout.asked()
    assert [asked.count(f"pull --quiet {image}\n") for image in images] == [1, 1]
    assert " build" not in asked
    assert not (checkout.folder / "order").exists()
