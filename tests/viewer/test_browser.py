"""The viewer in a real browser: Playwright drives a Chromium that is installed; skipped elsewhere."""

from __future__ import annotations

import os
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from emulator import audit
from mapper.viewer import notebook_html
from mapper.viewer.data import collect
from mapper.viewer.page import page as html
from models.hardware.coordinates import X, Y

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the playwright package")
NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = os.environ.get("CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"no browser: none of {', '.join(NAMES)} is installed")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def url(case, tmp_path_factory):
    broken = replace(case.solutions[1], configuration=case.broken)
    audits = (None, audit(case.instance, case.broken, broken.lost))
    path = tmp_path_factory.mktemp("view") / "view.html"
    path.write_text(html(collect((case.solutions[0], broken), case.labels, case.instance, audits, "synapses")))
    return path.as_uri()


@pytest.fixture
def view(browser, url):
    """Return a function that opens the page at a hash; afterwards there was no error and one request."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    errors, requests = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("request", lambda request: requests.append(request.url))

    def go(state=""):
        page.goto(url + state)
        page.wait_for_selector("html[data-ready]")
        return page

    yield go
    assert errors == []
    assert len(requests) == 1
    page.close()


def centre(page, hicann_x, hicann_y):
    """Return where on the screen a HICANN is in the view of the whole wafer."""
    box = page.locator("#wafer").bounding_box()
    zoom = min(box["width"] / 37, box["height"] / 33.5)
    across, down = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    return across + (hicann_x + 0.5 - 18) * zoom, down + (2 * hicann_y + 1 - 16) * zoom


def test_loads_and_selects_a_chip(view):
    page = view()
    assert page.title() == "case: wafer"
    page.mouse.click(*centre(page, 18, 8))
    assert page.locator("#panel h2").first.text_content() == "HICANN 210 (18,8)"
    assert "Manual placement" in page.locator("#panel").text_content()
    page.wait_for_timeout(400)  # the address follows a little later
    assert "c=210" in page.evaluate("location.hash").replace("#", "&").split("&")


def test_compares_two_solutions(view, case):
    page = view("#t=chip&c=210")
    table = page.locator("#panel table").first
    assert table.locator("thead th").count() == 3
    page.select_option("#b", "1")
    page.select_option("#m", "neurons")
    assert table.locator("thead th").all_text_contents() == ["", *case.labels, "change"]
    row = table.locator("tbody tr").first.locator("td").all_text_contents()
    hosts = [solution.mapping.placement for solution in case.solutions]
    counts = [int(((place.hicann == 210) & (place.column >= 0)).sum()) for place in hosts]
    change = counts[1] - counts[0]
    assert row == [str(counts[0]), str(counts[1]), f"+{change}" if change > 0 else str(change)]
    assert "minus first: neurons" in page.locator("#wafer").get_attribute("aria-label")


def test_route_with_lane_shifts(view, case):
    routing = case.solutions[0].mapping.routing
    net = int(routing.net[0])
    page = view(f"#t=routes&n={net}")
    steps = page.locator("#panel details").first.locator("li")
    assert steps.count() == int((routing.net == net).sum())
    assert f"HLine {62 - 8 * (net % 8)}: sent by DNC merger {net % 8}" in steps.first.text_content()


def test_losses_down_to_single_synapses(view, case):
    page = view("#t=loss&p=0")
    plot = page.locator("#panel canvas").first
    sides, box = (20, 60), plot.bounding_box()
    synapses, cause = case.instance.network.synapses, case.solutions[0].mapping.synapses.cause
    at = int((cause != 0).argmax())
    assert synapses.projection[at] == 0
    row, column = int(synapses.pre[at]) - 90, int(synapses.post[at])
    position = {"x": (column + 0.5) * box["width"] / sides[1], "y": (row + 0.5) * box["height"] / sides[0]}
    plot.click(position=position)
    found = page.locator("#panel ul.rows li").all_text_contents()
    assert len(found) == 1
    assert found[0].startswith(f"source[{row}] → neuron[{column}]: HICANN ")
    assert "lost, no" in found[0]


def test_a_pair_with_two_projections_asks_which(view, case):
    page = view("#t=loss")
    plot = page.locator("#panel canvas").first
    side, box = 3, plot.bounding_box()
    plot.click(position={"x": 0.5 * box["width"] / side, "y": 2.5 * box["height"] / side})  # source to neuron
    assert page.locator("#panel ul.rows li").all_text_contents() == ["drive", "back"]
    page.locator("#panel ul.rows button").last.click()
    assert page.locator("#panel h2").first.text_content() == "back"


def test_pictures_from_the_page(view, case, tmp_path):
    routing = case.solutions[0].mapping.routing
    page = view(f"#m=neurons&b=1&n={int(routing.net[0])}")
    for name in ("svg", "png"):
        with page.expect_download() as download:
            page.click({"svg": "#tosvg", "png": "#png"}[name])
        download.value.save_as(tmp_path / f"wafer.{name}")
    tree = ET.parse(tmp_path / "wafer.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert tree.tag == f"{space}svg"
    assert len(tree.findall(f"{space}path")) > 384
    words = [node.text for node in tree.findall(f"{space}text")]
    assert f"{case.labels[1]} minus first: neurons" in words
    assert {str(c) for c in range(384)} <= set(words)
    assert (tmp_path / "wafer.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_one_chip_as_svg_holds_its_synapse_array(view, case, tmp_path):
    page = view("#c=210&z=400&x=18.5&y=17")
    with page.expect_download() as download:
        page.click("#tosvg")
    download.value.save_as(tmp_path / "chip.svg")
    tree = ET.parse(tmp_path / "chip.svg").getroot()
    images = tree.findall("{http://www.w3.org/2000/svg}image")
    assert len(images) >= 2
    assert all(image.get("href").startswith("data:image/png;base64,") for image in images)
    assert "decoder group 0 to 3" in [node.text for node in tree.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(("metric", "words"), [("population", "cells of a population"), ("share", "share of")])
def test_one_population_on_the_wafer(view, case, metric, words):
    page = view(f"#m={metric}&q=0")
    assert page.locator("#qlabel").is_visible()
    label = page.locator("#wafer").get_attribute("aria-label")
    assert label.startswith(f"Wafer map: {words}")
    assert label.rstrip("[%] ").endswith(": neuron")
    hosts = case.solutions[0].mapping.placement.hicann
    hicann = int(hosts[0])
    count = int((hosts[:60] == hicann).sum())
    expected = count if metric == "population" else round(100 * count / int((hosts == hicann).sum()), 2)
    page.evaluate(f"location.hash = '#m={metric}&q=0&c={hicann}&t=chip'")
    page.focus("#wafer")
    page.mouse.move(*centre(page, int(X[hicann]), int(Y[hicann])))
    assert f"{expected:g}" in page.locator("#wafer").get_attribute("title")


def test_findings_lead_to_their_place(view, case):
    page = view("#t=findings&b=1")
    entry = page.locator("#panel ul.rows button").first
    assert entry.text_content().startswith(case.labels[1])
    entry.click()
    hicann = int(case.broken.hicanns[0])
    assert page.locator("#panel h2").first.text_content().startswith(f"HICANN {hicann} (")


def test_search_by_number_place_and_name(view, case):
    page = view()
    for text, expected in (
        ("297", "HICANN 297 ("),
        ("X18Y8", "HICANN 210 (18,8)"),
        ("onerror", f"population {case.labels[1]}"),
    ):
        page.fill("#search", text)
        assert page.locator("#hits li").first.text_content().startswith(expected)
    page.fill("#search", "297")
    page.press("#search", "Enter")
    assert page.locator("#panel h2").first.text_content().startswith("HICANN 297 (")


def test_keyboard(view):
    page = view("#c=210")
    page.focus("#wafer")
    page.keyboard.press("ArrowRight")
    assert page.locator("#panel h2").first.text_content() == "HICANN 211 (19,8)"
    assert page.locator("#say").text_content().startswith("HICANN 211 (19,8): lost synapses")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "panel"


def test_names_are_text(view):
    page = view("#t=loss")
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    assert "onerror=alert" in page.locator("#panel").text_content()


def test_themes(view):
    page = view("#d=dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(21, 24, 28)"
    page.click("#theme")
    assert page.evaluate(paper) == "rgb(255, 255, 255)"


def test_damaged_state_is_ignored(view):
    page = view("#a=9&b=x&c=1e9&m=nothing&t=%3Cimg%3E&n=1,-4,99999,a&z=-1&x=NaN&p=77")
    assert page.locator("#panel h2").first.text_content().startswith("</script>")


def test_panning_moves_the_drawn_scene(view, request):
    page = view("#z=80&g=1")
    page.evaluate("""() => {
        window.frames_ = [];
        let last = performance.now();
        const tick = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(tick); };
        requestAnimationFrame(tick);
    }""")
    box = page.locator("#wafer").bounding_box()
    x, y = box["x"] + 200, box["y"] + 200
    page.mouse.move(x, y)
    page.mouse.down()
    for i in range(60):
        page.mouse.move(x + 3 * i, y + 2 * i)
    page.mouse.up()
    frames = page.evaluate("window.frames_.slice(1)")
    text = f"{len(frames)} frames, median {sorted(frames)[len(frames) // 2]:.1f} ms, slowest {max(frames):.1f} ms"
    request.node.add_report_section("call", "frame time of panning", text)  # pytest -rP shows it
    assert len(frames) > 5
    page.wait_for_timeout(400)
    state = dict(part.split("=") for part in page.evaluate("location.hash")[1:].split("&"))
    moved = pytest.approx((18 - 177 / 80, 16 - 118 / 80), abs=0.011)
    assert (float(state["x"]), float(state["y"])) == moved


def test_in_the_frame_of_a_notebook(browser, case, tmp_path):
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><body>{notebook_html(case.solutions[0])}</body>")
    page = browser.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    assert page.locator("svg").first.is_visible()
    page.click("summary")
    frame = page.frame_locator("iframe")
    frame.locator("html[data-ready]").wait_for()
    frame.locator("#search").fill("210")
    frame.locator("#search").press("Enter")
    assert frame.locator("#panel h2").first.text_content() == "HICANN 210 (18,8)"
    assert errors == []
    page.close()
