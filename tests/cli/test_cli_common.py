"""Durations, losses, files and tables of the command line."""

from __future__ import annotations

import json

import click
import numpy as np
import pytest

from mapper.cli import _common
from mapper.cli._summary import table
from mapper.cli.compare import _seeds
from mapper.cli.solve import loss


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("1.5 min", 90), ("250ms", 0.25)]
)
def test_duration(text, seconds):
    assert _common.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-3s", "ten", "1d", "5 m 3 s", "nan", "inf"])
def test_bad_duration_says_how_to_write_one(text):
    with pytest.raises(click.BadParameter, match=r"write 90, 90s, 10m or 2h"):
        _common.duration(text)


@pytest.mark.parametrize(("text", "limit"), [("0", (0, False)), ("12", (12, False)), ("2.5%", (2.5, True))])
def test_loss(text, limit):
    assert loss(text) == limit


@pytest.mark.parametrize("text", ["", "%", "-1", "many", "inf", "nan%"])
def test_bad_loss(text):
    with pytest.raises(click.BadParameter, match="is no loss"):
        loss(text)


@pytest.mark.parametrize(("text", "seeds"), [("1", (0,)), ("3", (0, 1, 2)), ("4,7", (4, 7)), ("4,", (4,))])
def test_seeds(text, seeds):
    command = click.Command("compare")
    assert _seeds(click.Context(command), click.Option(["--seeds"]), text) == seeds


@pytest.mark.parametrize("text", ["", "0", "-1", "a", "1,b", ","])
def test_bad_seeds(text):
    with pytest.raises(click.BadParameter):
        _seeds(click.Context(click.Command("compare")), click.Option(["--seeds"]), text)


def test_write_text_replaces_whole_files_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    _common.write_text(path, "new\n")
    assert path.read_text() == "new\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(TypeError):
        _common.write_text(path, 5)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_writable_asks_for_force_and_for_the_folder(tmp_path):
    path = tmp_path / "a"
    _common.check_writable(path, force=False)
    path.touch()
    with pytest.raises(_common.Refused, match="--force overwrites it"):
        _common.check_writable(path, force=False)
    _common.check_writable(path, force=True)
    with pytest.raises(_common.Refused, match="there is no folder"):
        _common.check_writable(tmp_path / "b" / "c", force=False)
    with pytest.raises(_common.Refused, match="is a folder"):
        _common.check_writable(tmp_path, force=True)


def test_json_takes_numpy_and_paths(tmp_path):
    document = {"n": np.int32(3), "a": np.arange(2), "p": tmp_path, "µ": 0.5}
    assert json.loads(_common.to_json(document)) == {"n": 3, "a": [0, 1], "p": str(tmp_path), "µ": 0.5}
    with pytest.raises(TypeError, match="complex has no JSON form"):
        _common.to_json({"z": 1j})


def test_suggestions():
    assert _common.did_you_mean("cpsta", ["marocco", "cpsat"]) == " - did you mean 'cpsat'?"
    assert _common.did_you_mean("xyz", ["marocco", "cpsat"]) == " - there are: marocco, cpsat"
    assert _common.did_you_mean("xyz", []) == ""


def test_percent_of_nothing_is_nothing():
    assert _common.percent(0, 0) == 0
    assert _common.percent(1, 8) == 12.5


def test_table_aligns():
    assert table(["name", "n"], [["a", "1"], ["bcdef", "10"]]) == (
        "name    n\n"
        "-----  --\n"
        "a       1\n"
        "bcdef  10"
    )  # fmt: skip
