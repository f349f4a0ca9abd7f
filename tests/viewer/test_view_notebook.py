"""What notebooks show."""

from __future__ import annotations

import html
import importlib.metadata
import tomllib
import xml.etree.ElementTree as ET
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

import mapper.viewer
from mapper.viewer import notebook_html, summary_html, view
from mapper.viewer.data import ViewError
from models.display import GROUP

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def registered(monkeypatch):
    """Return a function that registers renderers (name, place of the function)."""

    def register(*entries):
        points = EntryPoints(EntryPoint(name, value, GROUP) for name, value in entries)
        monkeypatch.setattr("models.display.entry_points", lambda group: points.select(group=group))

    return register


def test_summary_is_a_picture_without_script(case):
    text = summary_html(case.solutions[0])
    assert text.startswith("<div ")
    assert "<script" not in text
    svg = text[text.index("<svg") : text.rindex("</div>")]
    words = [node.text for node in ET.fromstring(svg).findall(f"{SVG}text")]
    assert words[0] == f"case, marocco: {case.solutions[0].lost} of {case.solutions[0].synapses} lost: neurons"
    assert len(summary_html(case.solutions[0].mapping)) < 60_000


def test_a_solution_has_the_viewer_folded_below(case):
    text = notebook_html(case.solutions[0])
    assert text.startswith(summary_html(case.solutions[0]))
    frame = text[text.index('srcdoc="') + 8 :]
    page = html.unescape(frame[: frame.index('"')])
    assert page == view(case.solutions[0], level="routes").html
    assert page.startswith("<!doctype html>")
    assert 'sandbox="allow-scripts allow-downloads"' in frame
    assert "<iframe" not in notebook_html(case.solutions[0].mapping)


def test_models_ask_the_renderer_that_is_installed(case, registered):
    registered(("viewer", "mapper.viewer:notebook_html"))
    solution = case.solutions[0]
    assert solution._repr_html_() == notebook_html(solution)
    assert solution.mapping._repr_html_() == summary_html(solution.mapping)


def test_without_a_renderer_there_is_no_html(case, registered):
    registered()
    assert case.solutions[0]._repr_html_() is None
    assert case.solutions[0].mapping._repr_html_() is None


def test_the_first_name_wins(case, registered):
    registered(("z", "mapper.viewer:notebook_html"), ("a", "builtins:repr"))
    assert case.solutions[0].mapping._repr_html_() == repr(case.solutions[0].mapping)


def test_the_package_declares_its_renderer():
    path = Path(mapper.viewer.__file__).parents[2] / "pyproject.toml"
    if path.is_file():
        declared = tomllib.loads(path.read_text())["project"]["entry-points"][GROUP]
    else:
        declared = {point.name: point.value for point in importlib.metadata.entry_points(group=GROUP)}
    assert [EntryPoint(name, value, GROUP).load() for name, value in declared.items()] == [notebook_html]


def test_a_view_shows_itself_and_saves(case, tmp_path):
    shown = view(case.solutions, case.instance, labels=case.labels)
    shown.save(tmp_path / "view.html")
    assert (tmp_path / "view.html").read_text() == shown.html
    assert [path.name for path in tmp_path.iterdir()] == ["view.html"]
    text = shown._repr_html_()
    assert text.startswith("<iframe ")
    assert "onerror=alert(1)>" not in text
    with pytest.raises(ViewError, match="name at least one"):
        view(())
