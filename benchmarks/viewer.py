"""Measure the viewer on a solution that fills the wafer: size of the page, time to open it, time of a frame.

It needs Playwright and a Chromium (``CHROMIUM`` names another one than that in the search path).  Run it from the
repository's root; it writes ``benchmarks/results/viewer.md``:

    python -m benchmarks.viewer [INSTANCE]
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import mapper
from mapper.viewer import view
from models.instance import library
from models.instance.build import load_instance

_INSTANCE: Final = "synfire-190x100-g1"
_RESULTS: Final = Path(__file__).with_name("results") / "viewer.md"
#: Zooms in pixels per HICANN: what opens, routes between HICANNs, synapse arrays.
_ZOOMS: Final = (("whole wafer", ""), ("routes, zoom 60", "#z=60"), ("synapse arrays, zoom 300", "#z=300"))
_REPEATS: Final = 5
_STEPS: Final = 120
_RECORD: Final = """() => {
    window.gaps = [];
    let last = performance.now();
    const tick = (now) => { window.gaps.push(now - last); last = now; requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
}"""


def main(name: str = _INSTANCE) -> None:
    """Solve, write the pages, measure them in the browser and write the table."""
    from playwright.sync_api import sync_playwright

    instance = library.load(name) if library.is_known(name) else load_instance(Path(name))
    solution = mapper.solve(instance, "marocco", seed=0)
    lines = [
        "# The viewer on a solution that fills the wafer",
        "",
        f"`python -m benchmarks.viewer`: {name}, {solution.synapses:,} synapses on {solution.hicanns} HICANNs, solver "
        f"marocco; {platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}.",
        f"Opening: median of {_REPEATS}, from the request to the first picture. Frames: while dragging {_STEPS} steps",
        "in a window of 1280 x 800 pixels; the browser draws without a graphics card.",
        "",
        "| level | file [MB] | written in [s] | opened in [s] | view | frame, median [ms] | 95 % [ms] | slowest [ms] |",
        "|---|---:|---:|---:|---|---:|---:|---:|",
    ]
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for level in ("routes", "synapses"):
            path = Path(scratch) / f"{level}.html"
            begin = time.perf_counter()
            view(solution, instance, level=level).save(path)
            written = time.perf_counter() - begin
            opened = statistics.median(_open(browser, path) for _ in range(_REPEATS))
            for label, state in _ZOOMS:
                middle, most, slowest = _pan(browser, path, state)
                size = path.stat().st_size / 1e6
                lines.append(
                    f"| {level} | {size:.2f} | {written:.1f} | {opened:.2f} | {label} | {middle:.1f} | {most:.1f} | "
                    f"{slowest:.1f} |"
                )
                print(lines[-1], flush=True)
        browser.close()
    _RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def chromium() -> str:
    """Return the path of the browser."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        sys.exit("no Chromium; install one (Debian: apt-get install chromium) or name it in CHROMIUM")
    return found


def _page(browser: Any, path: Path, state: str = "") -> Any:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(path.as_uri() + state)
    page.wait_for_selector("html[data-ready]")
    return page


def _open(browser: Any, path: Path) -> float:
    """Return the time from the request to the first picture [s]."""
    begin = time.perf_counter()
    page = _page(browser, path)
    seconds = time.perf_counter() - begin
    page.close()
    return seconds


def _pan(browser: Any, path: Path, state: str) -> tuple[float, float, float]:
    """Return the time of a frame while dragging: median, 95 % quantile, longest [ms]."""
    page = _page(browser, path, state)
    page.evaluate(_RECORD)
    page.mouse.move(300, 300)
    page.mouse.down()
    for i in range(_STEPS):
        page.mouse.move(300 + 3 * i, 300 + 2 * i)
    page.mouse.up()
    gaps = sorted(page.evaluate("window.gaps.slice(1)"))
    page.close()
    return statistics.median(gaps), gaps[int(0.95 * (len(gaps) - 1))], gaps[-1]


if __name__ == "__main__":
    main(*sys.argv[1:2])
