"""``mapper instances defects``: redman's directories and the hardware database become defects files."""

from __future__ import annotations

from models.hardware.defects import Defects
from models.hardware.redman_xml import write_redman
from models.instance import read_defects

DEAD = Defects.from_components([9], [5], [(12, 0)], {"neurons": [(100, 7), (3, 0)], "fgblocks": [(3, 1)]})


def test_a_directory_of_redman(run, tmp_path):
    write_redman(DEAD, tmp_path / "redman", wafer=21)
    result = run("instances", "defects", "redman", "--wafer", 21, "-o", "dead.yaml")
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr
    assert read_defects(tmp_path / "dead.yaml") == DEAD
    text = (tmp_path / "dead.yaml").read_text()
    assert text.startswith("format: wafer-defects/1\nwafer: 21\nhicanns: [9]\n")
    assert run("instances", "defects", "redman", "--wafer", 21).stdout == text
    again = run("instances", "defects", "redman", "--wafer", 21, "-o", "dead.yaml")
    assert again.exit_code == 2
    assert "dead.yaml exists; --force overwrites it" in again.stderr


def test_a_hardware_database(run, tmp_path):
    fpgas = ", ".join(f"{{fpga: {i}}}" for i in range(48) if i != 12)
    (tmp_path / "db.yaml").write_text(f"wafer: 33\nsetuptype: bsswafer\nfpgas: [{fpgas}]\n")
    result = run("instances", "defects", "db.yaml")
    assert result.stdout.splitlines()[2:] == ["hicanns: [0, 1, 2, 3, 12, 13, 14, 15]", "fpgas: [12]"]


def test_faults_say_where(run, tmp_path):
    result = run("instances", "defects", "nothing")
    assert result.exit_code == 2
    assert "nothing: cannot read the directory" in result.stderr
    (tmp_path / "db.yaml").write_text("wafer: 33\nsetuptype: x\n")
    result = run("instances", "defects", "db.yaml")
    assert result.exit_code == 2
    assert "db.yaml:2:12: setuptype must be" in result.stderr
