"""Solution files: what is written is read, equal solutions are equal bytes, damage is reported in one line."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

import mapper
from models.configuration import Configuration
from models.errors import FormatError
from models.instance import load_instance
from models.instance.library import find
from models.mapping import mapping_from_arrays, to_arrays
from models.solution import load, save


@pytest.fixture(scope="module")
def solution():
    return mapper.solve(load_instance(find("random-n100-p0.3-s1")), "marocco", det_limit=1.0)


@pytest.fixture
def path(solution, tmp_path):
    save(tmp_path / "x.sol.zip", solution)
    return tmp_path / "x.sol.zip"


def test_numpy_opens_the_file(path, solution):
    with np.load(path, allow_pickle=False) as archive:
        assert json.loads(bytes(archive["solution.json"]))["format"] == "wafer-solution/1"
        assert np.array_equal(archive["mapping.placement.hicann"], solution.mapping.placement.hicann)
        assert archive["configuration.synapse"].shape == (solution.hicanns, 448, 256)


def test_every_member_is_documented(path):
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            *_, field = name.removesuffix(".npy").split(".")
            assert f"`{field}`" in text or f".{field}`" in text or name == "solution.json", name


def test_names_are_sorted_and_time_stamps_fixed(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_arrays_round_trip(path, solution):
    back = load(path)
    assert back.document() == solution.document()
    ours, theirs = to_arrays(solution.mapping, "m"), to_arrays(back.mapping, "m")
    assert list(ours) == list(theirs)
    assert all(np.array_equal(ours[k], theirs[k]) and ours[k].dtype == theirs[k].dtype for k in ours)
    again = mapping_from_arrays({f"mapping.{k[2:]}": v for k, v in ours.items()})
    assert again.lost == solution.lost


def test_nothing_is_left_behind_when_writing_fails(solution, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("no space left on device")

    (tmp_path / "x.sol.zip").write_text("precious")
    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    with pytest.raises(OSError, match="no space"):
        save(tmp_path / "x.sol.zip", solution)
    assert [p.name for p in tmp_path.iterdir()] == ["x.sol.zip"]
    assert (tmp_path / "x.sol.zip").read_text() == "precious"


def rewrite(path, change):
    """Write the file again with ``change(name, data)`` applied to every member; None drops it."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            new = change(name, data)
            if new is not None:
                archive.writestr(name, new)


DAMAGE = {
    "no document": ("solution.json", lambda data: None, "not a solution file"),
    "broken json": ("solution.json", lambda data: b"{", "not a solution file"),
    "a list": ("solution.json", lambda data: b"[]", "format must be"),
    "future": ("solution.json", lambda data: data.replace(b"solution/1", b"solution/2"), "format must be"),
    "no status": ("solution.json", lambda data: data.replace(b'"status"', b'"stature"'), "'status' is missing"),
    "no sides": ("mapping.rows.side.npy", lambda data: None, "mapping.rows.side"),
    "no synapses": ("configuration.synapse.npy", lambda data: None, "configuration.synapse"),
    "cut short": ("configuration.synapse.npy", lambda data: data[:40], "damaged"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_files_are_reported(path, damage):
    member, change, message = DAMAGE[damage]
    rewrite(path, lambda name, data: change(data) if name == member else data)
    with pytest.raises(FormatError, match=message) as error:
        load(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_truncated_and_missing_files(path):
    for content in (path.read_bytes()[:1000], b"instance,solver\n", b""):
        path.write_bytes(content)
        with pytest.raises(FormatError, match=r"damaged \(no zip archive, or only a part of one\)"):
            load(path)
    with pytest.raises(FormatError, match="no such file"):
        load(path.parent / "nothing.sol.zip")


def test_a_blank_configuration_disables_everything():
    blank = Configuration.blank(np.array([3, 7], np.int16))
    assert (blank.synapse == 0x10).all()
    assert not blank.driver_enable.any()
    assert blank.position[7] == 1
    assert blank.position[0] == -1
    other = blank.copy()
    other.crossbar[0, 0] = True
    assert not blank.crossbar.any()
