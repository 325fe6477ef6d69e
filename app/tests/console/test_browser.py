"""The console in a real browser, against the embedded form: a working day, accessibility, windows, languages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, expect

from tests.console import journey
from tests.console.journey import Visitor
from tests.embedded.conftest import Operator, operator_for_a_while

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(900)]

PLAN = Path(__file__).parents[1] / "data" / "florencia-2020-2023.pdf"
IMAGES = os.environ.get("CONSOLE_IMAGES", "")
"""Folder for pictures of the pages; docs/images when the documentation's pictures are made again."""
PICTURED = ("batches", "batch", "document", "answer", "review", "comparison", "search", "quality", "administration")
WINDOWS = ({"width": 1366, "height": 768}, {"width": 1920, "height": 1080}, {"width": 390, "height": 844})


@pytest.fixture(scope="module")
def appliance() -> Iterator[Operator]:
    if journey.chromium_path() is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    with operator_for_a_while() as operator:
        operator.up()
        yield operator


@pytest.fixture(scope="module")
def token(appliance: Operator) -> str:
    return (appliance.layout.secrets / "operator" / "admin-token").read_text().strip()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with journey.browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def evaluated(appliance: Operator, token: str, chromium: Browser) -> tuple[str, str]:
    """Path of a batch with one evaluated and partly reviewed plan, and the id of its document."""
    visitor = Visitor(chromium, appliance.url)
    visitor.sign_in(token)
    batch = visitor.upload([PLAN])
    visitor.page.wait_for_selector(".state.finished")
    documents = visitor.get(f"/api/v1/batch/{batch.rpartition('/')[2]}/documents")["documents"]
    for answer, verdict in (("P4-D1-Q1", "accepted"), ("P4-D1-Q2", "rejected"), ("P1-D1-Q1", "not_applicable")):
        visitor.review(documents[0]["document_id"], answer, verdict)
    visitor.context.close()
    return batch, documents[0]["document_id"]


def test_a_working_day(appliance: Operator, token: str, chromium: Browser, tmp_path: Path) -> None:
    journey.working_day(Visitor(chromium, appliance.url), token, PLAN, tmp_path)


def pages(batch: str, document: str) -> dict[str, str]:
    return {
        "batches": "/batches",
        "batch": batch,
        "document": f"/documents/{document}",
        "point": f"/documents/{document}/points/P4",
        "answer": f"/documents/{document}/answers/P4-D1-Q1",
        "review": f"/documents/{document}/review",
        "summary": f"/documents/{document}/summary",
        "comparison": f"{batch}/comparison",
        "search": f"{batch}/search?q=salud",
        "read": f"/documents/{document}/read/23",
        "administration": "/administration",
        "audit": "/administration/audit?verify=1",
        "quality": f"{batch}/quality",
        "sample": f"{batch}/sample",
        "delete": f"{batch}/delete",
        "missing": "/batches/none",
    }


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_accessibility_violation(
    appliance: Operator, token: str, chromium: Browser, evaluated: tuple[str, str], language: str, scheme: str
) -> None:
    visitor = Visitor(chromium, appliance.url, locale=language, color_scheme=scheme, bypass_csp=True)
    axe = Axe()
    found = {}
    visitor.go("/sign-in")
    for name in ("sign-in", *pages(*evaluated)):
        if name == "batches":
            visitor.sign_in(token)
        elif name != "sign-in":
            visitor.go(pages(*evaluated)[name])
        assert visitor.page.get_attribute("html", "lang") == language
        violations = axe.run(visitor.page).response["violations"]
        serious = [
            f"{item['id']}: {node['target']}"
            for item in violations
            if item["impact"] in ("serious", "critical")
            for node in item["nodes"]
        ]
        if serious:
            found[name] = serious
    visitor.context.close()
    assert found == {}


@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: f"{window['width']}x{window['height']}")
def test_no_page_scrolls_sideways(
    appliance: Operator, token: str, chromium: Browser, evaluated: tuple[str, str], window: dict[str, int]
) -> None:
    visitor = Visitor(chromium, appliance.url, viewport=window)
    visitor.sign_in(token)
    wide = []
    for name, path in pages(*evaluated).items():
        visitor.go(path)
        if IMAGES and window is WINDOWS[0] and name in PICTURED:
            visitor.page.screenshot(path=Path(IMAGES) / f"console-{name}.png")
        width = visitor.page.evaluate("document.documentElement.scrollWidth")
        if width > window["width"]:
            wide.append(f"{name}: {width}")
    visitor.context.close()
    assert wide == []
    assert visitor.faults == []


def test_the_day_works_with_the_keyboard_alone(
    appliance: Operator, token: str, chromium: Browser, evaluated: tuple[str, str]
) -> None:
    visitor = Visitor(chromium, appliance.url)
    page = visitor.page
    visitor.go("/sign-in")
    expect(page.locator("#token")).to_be_focused()  # the browser moves the focus there after the page has loaded
    page.keyboard.type(token)
    page.keyboard.press("Enter")
    page.wait_for_url("**/batches")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('table.list tbody a')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/batches/batch_*")
    visitor.go(f"/documents/{evaluated[1]}/answers/P4-D1-Q1")
    page.keyboard.press("j")
    page.wait_for_url("**?quote=2")
    page.keyboard.press("k")
    page.wait_for_url("**?quote=1")
    page.keyboard.press("n")
    page.wait_for_url("**/answers/P4-D1-Q2")
    visitor.context.close()
    assert visitor.faults == []


def test_the_pages_work_without_scripts(
    appliance: Operator, token: str, chromium: Browser, evaluated: tuple[str, str], tmp_path: Path
) -> None:
    visitor = Visitor(chromium, appliance.url, java_script_enabled=False)
    visitor.sign_in(token)
    for path in pages(*evaluated).values():
        visitor.go(path)
        assert visitor.page.locator("h1").count() == 1, path
    plan = tmp_path / "plan.txt"
    plan.write_text("Programa de salud. La tasa de mortalidad infantil fue de 12,4 % en 2019 según el DANE.")
    visitor.go("/batches")
    visitor.page.set_input_files("#files", str(plan))
    visitor.page.click("noscript button, form[action='/upload'] button >> nth=0")
    visitor.page.wait_for_url("**/batches/batch_*")
    visitor.context.close()


def test_what_is_there_already_is_not_sent_again(
    appliance: Operator, token: str, chromium: Browser, evaluated: tuple[str, str]
) -> None:
    visitor = Visitor(chromium, appliance.url)
    visitor.sign_in(token)
    visitor.page.set_input_files("#files", str(PLAN))
    visitor.page.click("button.send")
    visitor.page.wait_for_selector("td:has-text('ya está')")
    visitor.context.close()


def test_many_files_become_one_batch_with_what_was_typed_of_each(
    appliance: Operator, chromium: Browser, tmp_path: Path
) -> None:
    token = appliance.client("token", "create", "many").stdout.strip()
    made = sixty_plans(tmp_path, "salud")
    visitor = Visitor(chromium, appliance.url)
    visitor.sign_in(token)
    visitor.page.set_input_files("#files", [str(path) for path in made])
    visitor.page.click("details.describe summary")
    visitor.page.fill("#batch-name", "Sesenta planes")
    visitor.page.check("#typed")
    visitor.page.fill("[aria-label='Nombre: plan-03.txt']", "Uribia")
    visitor.page.fill("[aria-label='Departamento: plan-59.txt']", "La Guajira")
    visitor.page.click("button.send")
    visitor.page.wait_for_url("**/batches/batch_*")

    job_id = visitor.page.url.rpartition("/")[2]
    documents = visitor.get(f"/api/v1/batch/{job_id}/documents?limit=100")["documents"]
    assert [document["filename"] for document in documents] == [path.name for path in made]
    assert documents[3]["metadata"] == {"name": "Uribia"}
    assert documents[59]["metadata"] == {"department": "La Guajira"}
    assert documents[4]["metadata"] == {}
    assert visitor.get(f"/api/v1/batch/status/{job_id}")["metadata"] == {"name": "Sesenta planes"}
    assert visitor.faults == []
    visitor.context.close()


def test_an_upload_that_was_cut_off_goes_on_in_its_batch(
    appliance: Operator, chromium: Browser, tmp_path: Path
) -> None:
    token = appliance.client("token", "create", "cut").stdout.strip()
    made = sixty_plans(tmp_path, "vivienda")
    visitor = Visitor(chromium, appliance.url)
    visitor.sign_in(token)
    visitor.page.route("**/api/v1/batch/upload", lambda route: refuse_second_upload(route))
    visitor.page.set_input_files("#files", [str(path) for path in made])
    visitor.page.click("button.send")
    visitor.page.wait_for_selector("td:has-text('enviado')")
    first = visitor.get("/api/v1/batch")["batches"][0]

    visitor.page.on("dialog", lambda dialog: dialog.accept())
    visitor.go("/batches")  # until it leaves, the page repeats its second upload
    visitor.page.unroute("**/api/v1/batch/upload")
    visitor.page.set_input_files("#files", [str(path) for path in made])
    visitor.page.click("button.send")
    visitor.page.wait_for_url("**/batches/batch_*")
    assert visitor.page.url.rpartition("/")[2] == first["job_id"]
    assert visitor.get(f"/api/v1/batch/status/{first['job_id']}")["counts"]["total"] == 60
    visitor.context.close()


def sixty_plans(folder: Path, subject: str) -> list[Path]:
    """Make more files than one upload of a standard token carries, each with a content of its own."""
    made = [folder / f"plan-{number:02}.txt" for number in range(60)]
    for path in made:
        path.write_text(f"Programa de {subject} {path.stem}. Se atendieron 120 hogares en 2019.")
    return made


def refuse_second_upload(route: Route) -> None:
    """Let the first upload of a batch through, and no further one: the lid of the computer is closed."""
    further = b'"job_id"' in (route.request.post_data_buffer or b"")
    route.abort() if further else route.continue_()
