"""``mapper view``: files written, refusals, exit codes."""

from __future__ import annotations

import builtins
import xml.etree.ElementTree as ET

import pytest


@pytest.fixture
def solved(run, tiny, tmp_path, fake_solve):
    """Write two solutions of the tiny instance."""
    for name in ("a", "b"):
        assert run("solve", tiny, "-o", f"{name}.sol.zip").exit_code == 0
    return tmp_path


def test_page_with_instance(run, tiny, solved):
    result = run("view", "a.sol.zip", "b.sol.zip", "--instance", tiny)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("view.html: ")
    text = (solved / "view.html").read_text()
    assert text.startswith("<!doctype html>")
    assert sorted(path.name for path in solved.iterdir()) == ["a.sol.zip", "b.sol.zip", "tiny.yaml", "view.html"]


def test_without_instance_it_says_what_is_missing(run, solved):
    result = run("view", "a.sol.zip", "-o", "out.html")
    assert result.exit_code == 0
    assert "tiny-test is no shipped instance: without --instance there are no populations" in result.stderr
    assert (solved / "out.html").is_file()


def test_nothing_is_overwritten_without_force(run, tiny, solved):
    (solved / "view.html").write_text("mine")
    result = run("view", "a.sol.zip", "--instance", tiny)
    assert result.exit_code == 2
    assert "view.html exists; --force overwrites it" in result.stderr
    assert (solved / "view.html").read_text() == "mine"
    assert run("view", "a.sol.zip", "--instance", tiny, "--force", "--no-audit").exit_code == 0
    assert "<!doctype" in (solved / "view.html").read_text()


def test_picture_instead_of_a_page(run, tiny, solved):
    result = run("view", "a.sol.zip", "b.sol.zip", "--instance", tiny, "--svg", "out.svg", "--colour", "loss")
    assert result.exit_code == 0, result.stderr
    ET.parse(solved / "out.svg")
    assert not (solved / "view.html").exists()
    assert run("view", "a.sol.zip", "--instance", tiny, "--svg", "chip.svg", "--chip", "297").exit_code == 0
    assert "HICANN 297 (" in (solved / "chip.svg").read_text()


def test_matrix_and_route_as_pictures(run, tiny, solved):
    args = ("view", "a.sol.zip", "b.sol.zip", "--instance", tiny, "--difference")
    assert run(*args, "--svg", "matrix.svg", "--matrix", "populations").exit_code == 0
    assert "lost synapses of populations" in (solved / "matrix.svg").read_text()
    wrong = run(*args, "--svg", "x.svg", "--matrix", "nothing")
    assert (wrong.exit_code, "no projection 'nothing'" in wrong.stderr) == (2, True)


def test_open_writes_the_page_and_launches_it(run, tiny, solved, monkeypatch):
    launched = []
    monkeypatch.setattr("click.launch", launched.append)
    assert run("view", "a.sol.zip", "--instance", tiny, "--svg", "x.svg", "--open").exit_code == 0
    assert launched == ["view.html"]
    assert (solved / "view.html").is_file()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--level", "synapses"], "--level synapses needs the instance"),
        (["--svg", "x.svg", "--colour", "lost"], "'lost' counts synapses of the network; name its --instance"),
        (["--svg", "x.svg", "--colour", "glamour"], "no colour 'glamour'"),
        (["--svg", "x.svg", "--difference"], "a difference needs two solutions (got 1)"),
        (["--instance", "guidebook"], "the solutions solve tiny-test sha256:"),
        (["-o", "no/view.html"], "there is no folder no"),
        (["--svg", "x.svg", "--route", "H1.9"], "'H1.9' must be HICANN.MERGER"),
        (["--svg", "x.svg", "--route", "384.0"], "'384.0' must be HICANN.MERGER"),
        (["--svg", "x.svg", "--route", "0.0"], "no route H0.0; "),
        (["--svg", "x.svg", "--matrix", "populations"], "--matrix counts synapses of the network"),
    ],
)
def test_refusals_are_one_line(run, solved, args, words):
    result = run("view", "a.sol.zip", *args)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not list(solved.glob("*.svg")) + list(solved.glob("*.html"))


def test_solutions_of_two_instances_are_refused(run, tiny, solved):
    other = solved / "other.yaml"
    other.write_text(tiny.read_text().replace("size: 3", "size: 4"))
    assert run("solve", other, "-o", "other.sol.zip").exit_code == 0
    result = run("view", "a.sol.zip", "other.sol.zip", "--svg", "x.svg")
    assert result.exit_code == 2
    assert "other.sol.zip solves tiny-test sha256:" in result.stderr
    assert "show solutions of one instance" in result.stderr


def test_chip_pictures_show_one_solution(run, tiny, solved):
    result = run("view", "a.sol.zip", "b.sol.zip", "--instance", tiny, "--svg", "x.svg", "--chip", "1")
    assert (result.exit_code, result.stderr) == (2, "Error: --chip pictures one solution (got 2)\n")


def test_png_without_matplotlib_names_the_extra(run, tiny, solved, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    result = run("view", "a.sol.zip", "--instance", tiny, "--png", "x.png")
    assert result.exit_code == 5
    assert "matplotlib is not installed; get it with: pip install 'hicann-mapper[report]'" in result.stderr
    assert sorted(path.suffix for path in solved.iterdir()) == [".yaml", ".zip", ".zip"]
