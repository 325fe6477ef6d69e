"""A working day in the browser, shared by the test of the embedded form and the one of the container stack."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pypdfium2
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

# Without the background networking flags Chromium looks up hosts that a closed network refuses.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 180_000
"""Milliseconds for what a busy machine may take long to do."""


def chromium_path() -> str | None:
    """Return where Chromium is, if it is installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the Chromium of the machine; end it afterwards."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        environment = {**os.environ, **_network_blind(Path(folder))}
        opened = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS, env=environment)
        try:
            yield opened
        finally:
            opened.close()


def _network_blind(folder: Path) -> dict[str, str]:
    """Return the variable that hides changes of network interfaces from Chromium; nothing without a C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return {}
    library = folder / "no_netlink.so"
    source = Path(__file__).with_name("no_netlink.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}


class Visitor:
    """One browser window; notes everything that a person would not see but that is wrong.

    Args:
        opened: the browser.
        url: origin of the console.
        **options: of the browser context, for example ``locale`` or ``color_scheme``.
    """

    def __init__(self, opened: Browser, url: str, **options: Any) -> None:
        self.url = url
        self.faults: list[str] = []
        window = {"width": 1366, "height": 768}
        self.context: BrowserContext = opened.new_context(
            **{"viewport": window, "locale": "es-CO", "ignore_https_errors": True, "reduced_motion": "reduce"} | options
        )
        self.context.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        # Chromium logs every answer from 400 on; a refusal that a page shows is no fault of the page.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.faults.append(f"foreign request: {request.url}")

    def go(self, path: str) -> None:
        """Open a page of the console."""
        self.page.goto(self.url + path)

    def sign_in(self, token: str) -> None:
        """Sign in on the first page."""
        self.go("/")
        self.page.fill("#token", token)
        self.page.click("form[action='/sign-in'] button")
        self.page.wait_for_url("**/batches")

    def upload(self, files: list[Path]) -> str:
        """Choose files, send them, and return the path of the batch that opens."""
        self.go("/batches")
        self.page.set_input_files("#files", [str(file) for file in files])
        self.page.click("button.send")
        self.page.wait_for_url(re.compile("/batches/batch_"))
        return self.page.url.removeprefix(self.url)

    def get(self, path: str) -> Any:
        """Return what a route of the API answers to this session, as JSON."""
        answer = self.context.request.get(self.url + path)
        assert answer.ok, f"{path}: {answer.status} {answer.text()[:300]}"
        return json.loads(answer.body())

    def review(self, document_id: str, answer: str, verdict: str) -> None:
        """Review an answer with the session of this window, as a script of the page would."""
        self.go(f"/documents/{document_id}/answers/{answer}")
        csrf = self.page.get_attribute("meta[name=csrf]", "content") or ""
        headers = {"If-None-Match": "*", "X-CSRF-Token": csrf, "Origin": self.url, "Content-Type": "application/json"}
        path = f"{self.url}/api/v1/documents/{document_id}/answers/{answer}/review"
        stored = self.context.request.put(path, data=json.dumps({"verdict": verdict}), headers=headers)
        assert stored.ok, stored.text()


def squashed(text: str) -> str:
    """Return a text's letters and digits, folded."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if character.isalnum())


def pieces_of_plan(plan: Path, folder: Path, count: int) -> list[Path]:
    """Cut a real plan into PDFs of some pages each."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with pypdfium2.PdfDocument(plan) as source:
        share = len(source) // count
        for number in range(count):
            target = pypdfium2.PdfDocument.new()
            target.import_pages(source, list(range(number * share, (number + 1) * share)))
            path = folder / f"plan-{number + 1:02}.pdf"
            target.save(path)
            target.close()
            made.append(path)
    return made


def bad_files(folder: Path) -> list[Path]:
    """Make three files that cannot be evaluated, one with a name that would be markup."""
    contents = {
        "cut <script>alert(1)</script>.pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog",
        "blank.txt": b"   \n \n",
        "picture.psd": b"8BPS\x00\x01" + bytes(200),
    }
    made = []
    for name, content in contents.items():
        path = folder / name.replace("/", "_")
        path.write_bytes(content)
        made.append(path)
    return made


def follow_quotes(visitor: Visitor, document_id: str, wanted: int) -> int:
    """Open quotes one after the other; each page must show it, and the characters under the boxes must be the quote."""
    result = visitor.get(f"/api/v1/documents/{document_id}/result")
    seen = 0
    for answer in result["answers"]:
        places = list(dict.fromkeys((e["page"], e["start"], e["end"], e["quote"]) for e in answer["evidence"]))
        for number, (page, start, end, quote) in enumerate(places, 1):
            visitor.go(f"/documents/{document_id}/answers/{answer['id']}?quote={number}")
            expect(visitor.page.locator("svg.page-picture image")).to_be_visible()
            assert visitor.page.locator("rect.highlight").count() > 0, answer["id"]
            found = visitor.get(f"/api/v1/documents/{document_id}/pages/{page}/boxes?start={start}&end={end}")
            assert sorted(squashed(found["text"])) == sorted(squashed(quote)), answer["id"]
            seen += 1
            if seen == wanted:
                return seen
    return seen


def working_day(visitor: Visitor, token: str, plan: Path, folder: Path) -> None:
    """Sign in, upload 25 real and 3 bad files, watch, follow ten quotes, compare, search, download, sign out."""
    page = visitor.page
    files = [*pieces_of_plan(plan, folder, 25), *bad_files(folder)]
    visitor.sign_in(token)
    batch = visitor.upload(files)
    expect(page.locator(".state.finished")).to_be_visible()
    status = visitor.get(f"/api/v1/batch/status/{batch.rpartition('/')[2]}")
    assert status["counts"]["succeeded"] == 25, status
    assert status["counts"]["failed"] == 3, status

    visitor.go(f"{batch}?sort=score&direction=down")
    page.locator("table.documents tbody th a").first.click()
    page.wait_for_url(re.compile("/documents/doc_"))
    document_id = page.url.rpartition("/")[2]
    assert follow_quotes(visitor, document_id, 10) == 10

    visitor.go(f"{batch}?sort=score&direction=down")
    for box in page.locator("input[name=d]").all()[:3]:
        box.check()
    page.click("form[action$='/compare'] button")
    expect(page.locator("table.matrix thead th")).to_have_count(4)

    visitor.go(f"{batch}/search?q=salud")
    expect(page.locator("ol.hits li").first).to_be_visible()
    page.locator("ol.hits a").first.click()
    expect(page.locator(".page-pane")).to_be_visible()

    visitor.go(batch)
    with page.expect_download() as download:
        page.click("a[download]:has-text('Excel')")
    assert Path(download.value.path()).read_bytes().startswith(b"PK")

    page.click("form[action='/sign-out'] button")
    page.wait_for_url("**/sign-in")
    visitor.go(batch)
    page.wait_for_url(re.compile("/sign-in"))
    assert visitor.faults == []
