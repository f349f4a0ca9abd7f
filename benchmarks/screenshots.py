"""Make the pictures of report and viewer in ``docs/images``, light and dark.

It needs Playwright, a Chromium (``CHROMIUM`` names another one than that in the search path) and matplotlib.  RUNS is a
folder that ``mapper compare`` wrote, the solutions solve one shipped instance.  Run it from the repository's root:

    mapper compare tiny --solvers marocco,cpsat --seeds 3 --time-limit 20s -o RUNS/
    mapper compare column-0.06-s1-d8 --solvers marocco,cpsat --time-limit 300s -o LARGE/
    python -m benchmarks.screenshots RUNS/ LARGE/column-0.06-s1-d8.{marocco,cpsat}.s0.sol.zip
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from benchmarks.viewer import chromium
from emulator import audit
from mapper.report import build, load_runs
from mapper.report.page import html
from mapper.viewer import view
from mapper.viewer.metrics import chip_tables
from models.hardware.coordinates import X, Y
from models.instance import library
from models.solution import Solution, load

_IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"
_SIZE: Final[Any] = {"width": 1280, "height": 800}
_THEMES: Final = ("light", "dark")
_SCROLL: Final = "h => [...document.querySelectorAll('h1, h2')].find(e => e.textContent.match(h)).scrollIntoView()"
#: Heading at the top of a picture of the report.
_SECTIONS: Final = (("overview", " on "), ("where", "Where the loss is"))


def main(runs: str, *solutions: str) -> None:
    """Write the pages and photograph them."""
    from playwright.sync_api import sync_playwright

    loaded = [load(Path(name)) for name in solutions]
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        report, viewer = Path(scratch) / "report.html", Path(scratch) / "viewer.html"
        report.write_text(html(build(load_runs([Path(runs)]))), encoding="utf-8")
        instance = library.load(loaded[0].instance)
        audits = [audit(instance, solution.configuration, solution.lost) for solution in loaded]
        view(loaded, instance, labels=_labels(solutions), audits=audits, level="synapses").save(viewer)
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for theme in _THEMES:
            page = browser.new_page(viewport=_SIZE, color_scheme=theme)
            for name, heading in _SECTIONS:
                page.goto(report.as_uri())
                page.evaluate(_SCROLL, heading)
                _photograph(page, f"report-{name}-{theme}")
            for name, state in _states(loaded):
                page.goto("about:blank")
                page.goto(viewer.as_uri() + f"#{state}&d={theme}")
                page.wait_for_selector("html[data-ready]")
                _photograph(page, f"viewer-{name}-{theme}")
            page.close()
        browser.close()


def _labels(names: tuple[str, ...]) -> list[str]:
    """Return ``INSTANCE.SOLVER.sSEED.sol.zip`` without the instance and the ending."""
    return [Path(name).name.removesuffix(".sol.zip").split(".", 1)[-1] for name in names]


def _states(solutions: list[Solution]) -> list[tuple[str, str]]:
    """Return what the viewer shows: one route over the wafer, two solutions compared, one HICANN."""
    mapping = solutions[0].mapping
    nets, counts = np.unique(mapping.routing.net, return_counts=True)
    instance = library.load(solutions[0].instance)
    hicann = int(np.nanargmax(chip_tables(mapping, instance.network)["synapses"]))
    place = f"x={X[hicann] + 0.5:.2f}&y={2 * Y[hicann] + 1:.2f}&z=300"
    states = [
        ("overview", f"m=neurons&t=routes&n={nets[counts.argmax()]}"),
        ("chip", f"m=loss&t=chip&c={hicann}&{place}"),
    ]
    return [*states, ("compare", "b=1&m=lost&t=loss")] if len(solutions) > 1 else states


def _photograph(page: Any, name: str) -> None:
    page.wait_for_timeout(500)
    path = _IMAGES / f"{name}.png"
    page.screenshot(path=path)
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
