"""The report in a real browser: Playwright drives a Chromium that is installed; skipped elsewhere."""

from __future__ import annotations

import os
import shutil

import pytest

from mapper.report import build
from mapper.report.page import html
from mapper.report.runs import parse_run

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the playwright package")
NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = os.environ.get("CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"no browser: none of {', '.join(NAMES)} is installed")
HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def test_opens_sorts_and_requests_nothing_else(browser, document, tmp_path):
    losses = {"a2": 30, "a10": 5, HOSTILE: 12}
    runs = [parse_run(document(instance=name, lost=lost)) for name, lost in losses.items()]
    runs += [parse_run(document(instance=f"many{i}", lost=i)) for i in range(31)]
    path = tmp_path / "report.html"
    path.write_text(html(build(runs), matplotlib=False))
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    errors, requests = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    assert page.locator("img").count() == 0
    folded = page.locator("details", has_text="Loss [%]: median")
    table = folded.locator("table")
    assert not table.is_visible()
    folded.locator("summary").click()
    heading = table.locator("thead th")
    cells = lambda column: [row.split("\t")[column] for row in table.locator("tbody").inner_text().splitlines()]  # noqa: E731
    heading.nth(2).locator("button").click()
    assert heading.nth(2).get_attribute("aria-sort") == "ascending"
    assert [float(cell.split()[0]) for cell in cells(2)] == sorted([*losses.values(), *range(31)])
    heading.nth(2).locator("button").click()
    assert [float(cell.split()[0]) for cell in cells(2)][:3] == [30.0, 30.0, 29.0]
    heading.nth(0).locator("button").click()
    names = cells(0)
    assert names.index("a2") < names.index("a10") < names.index("many3") < names.index("many20")
    page.click("nav a >> text=Statistics")
    assert page.locator("#s9 h2").text_content() == "Statistics"
    assert (errors, requests) == ([], [path.as_uri()])
    page.close()
