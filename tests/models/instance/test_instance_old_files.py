"""Instances whose defects come from redman's files and from the hardware database."""

from __future__ import annotations

import pytest

from models.errors import InstanceError
from models.hardware.defects import Defects
from models.hardware.redman_xml import write_redman
from models.instance import load_instance

TEXT = """\
format: wafer-instance/1
name: old
network: {populations: {exc: {size: 3, cell: IF_cond_exp}}}
hardware:
  wafer: 21
  defects: {hicanns: [4], redman: redman, hwdb: db.yaml}
"""
DATABASE = """\
wafer: 21
setuptype: bsswafer
fpgas: [{}]
reticles: [{}]
""".format(
    ", ".join(f"{{fpga: {i}, ip: 10.0.0.{i}, highspeed: {'false' if i == 5 else 'true'}}}" for i in range(48)),
    ", ".join(f"{{reticle: {i}, to_be_powered: {'false' if i == 47 else 'true'}}}" for i in range(48)),
)
DEAD = Defects.from_components([9], [], [(12, 0)], {"neurons": [(100, 7)], "fgblocks": [(2, 1)]})


@pytest.fixture
def path(tmp_path):
    (tmp_path / "f.yaml").write_text(TEXT)
    (tmp_path / "db.yaml").write_text(DATABASE)
    write_redman(DEAD, tmp_path / "redman", wafer=21)
    return tmp_path / "f.yaml"


def fault(path):
    with pytest.raises(InstanceError) as error:
        load_instance(path)
    return str(error.value)


def test_all_are_united(path):
    defects = load_instance(path).wafer.defects
    assert defects.hicanns == (4, 9, 368, 369, 370, 371, 380, 381, 382, 383)
    assert defects.hslinks == (*((5, link) for link in range(8)), (12, 0))
    assert defects.indices("neurons").tolist() == [[100, 7]]
    assert defects.indices("fgblocks").tolist() == [[2, 1]]


def test_their_content_matters_and_their_form_does_not(path):
    digest = load_instance(path).digest
    folder = path.parent / "redman"
    for file in folder.iterdir():
        file.write_text(file.read_text().replace("\t", " "))
    (path.parent / "db.yaml").write_text(f"# a comment\n---\n{DATABASE}---\nhxcube_id: 3\n")
    assert load_instance(path).digest == digest
    folder.rename(path.parent / "first")
    write_redman(DEAD, folder, wafer=21, version=2)
    assert load_instance(path).digest == digest
    folder.rename(path.parent / "second")
    write_redman(DEAD.union(Defects.from_components([10])), folder, wafer=21)
    changed = load_instance(path).digest
    (path.parent / "db.yaml").write_text(DATABASE.replace("highspeed: false", "highspeed: true"))
    assert len({digest, changed, load_instance(path).digest}) == 3


def test_the_keys_alone_do_not_change_other_digests(path):
    path.write_text(TEXT.replace(", redman: redman, hwdb: db.yaml", ""))
    digest = load_instance(path).digest
    path.write_text(TEXT.replace("redman: redman, hwdb: db.yaml", "redman: null, hwdb: null"))
    assert load_instance(path).digest == digest


def test_what_is_missing_is_a_fault_of_the_instance(path):
    path.write_text(TEXT.replace("redman: redman", "redman: nothing").replace("db.yaml", "no.yaml"))
    first, second = fault(path).splitlines()
    folder = path.parent
    assert first == (
        f"{path}:6:35: hardware.defects.redman: {folder / 'nothing'}: cannot read the directory: "
        "No such file or directory - a directory of redman's XML files"
    )
    assert second == f"{path}:6:50: hardware.defects.hwdb: {folder / 'no.yaml'}: No such file or directory"


def test_the_wafer_of_the_instance_is_asked_for(path):
    path.write_text(TEXT.replace("wafer: 21", "wafer: 33"))
    first, second = fault(path).splitlines()
    assert "no file of wafer 33: there are files of 21" in first
    assert "no wafer 33 in the database (got 21)" in second


def test_faults_inside_the_files_stay_there(path):
    (path.parent / "db.yaml").write_text(DATABASE.replace("fpga: 7,", "fpga: 77,"))
    file = path.parent / "redman" / "fpga-21-12.xml"
    text = file.read_text()
    line = text[: text.index("<value>0<")].count("\n") + 1
    file.write_text(text.replace("<value>0<", "<value>8<", 1))
    lines = fault(path).splitlines()
    assert f"{file}:{line}: <value> must be 0..7 (got 8)" in lines
    assert any(line.startswith(f"{path.parent / 'db.yaml'}:3:") and "(got 77)" in line for line in lines)
