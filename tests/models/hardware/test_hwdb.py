"""The hardware database: what a wafer has, and what malformed files say."""

from __future__ import annotations

import pytest

from models.hardware.boost_xml import ArchiveError
from models.hardware.coordinates import FPGA_OF, hicanns_of_fpga, hicanns_of_reticle
from models.hardware.hwdb import read_availability, read_hwdb
from models.hardware.wafer import Wafer

FPGAS = "".join(f"  - fpga: {i}\n    ip: 192.168.33.{i}\n" for i in range(48)).replace(
    "33.5\n", "33.5\n    highspeed: false\n"
)
RETICLES = "".join(f"  - reticle: {i}\n    to_be_powered: {'false' if i == 35 else 'true'}\n" for i in range(48))
WAFER = f"""wafer: 33
setuptype: bsswafer
macu: 192.168.200.1
macuversion: 4
# a comment
fpgas:
{FPGAS}reticles:
{RETICLES}ananas:
  - ananas: 0
    ip: 192.168.33.190
    baseport_data: 0xafe0
    baseport_reset: 0x2570
adcs:
  - {{fpga: 0, analog: 0, adc: B291686, channel: 0, trigger: 1}}
  - {{fpga: 0, analog: 1, adc: 5, channel: 1, trigger: 1, remote_ip: 10.0.0.1, remote_port: 1}}
hicanns:
  version: 4
"""
CUBE = """
wafer: 6
setuptype: cubesetup
fpgas:
  - fpga: 0
    ip: 192.168.6.1
  - fpga: 3
    ip: 192.168.6.4
hicanns:
  - hicann: 88
    version: 2
    label: emv2-1-249
  - hicann: 144
    version: 4
"""
OTHER = """
hxcube_id: 8
fpgas: [{fpga: 0, ip: 192.168.68.1, anything: [[1, 1]]}]
usb_serial: 'AFE'
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "db.yaml"
    path.write_text(f"---\n{WAFER}---{OTHER}---  # cubes{CUBE}")
    return path


def fault(path, wafer=None):
    with pytest.raises(ArchiveError) as error:
        read_hwdb(path) if wafer is None else read_availability(path, wafer)
    return str(error.value)


def test_wafers(path):
    wafers = read_hwdb(path)
    assert sorted(wafers) == [6, 33]
    assert (wafers[33].version, wafers[33].hicanns) == (4, None)
    assert (wafers[6].version, wafers[6].hicanns) == (None, {88: 2, 144: 4})
    assert wafers[6].setup == "cubesetup"
    assert wafers[6].reticles is None


def test_availability(path):
    defects = read_availability(path, 33)
    assert defects.hicanns == tuple(hicanns_of_reticle(35).tolist())
    assert defects.fpgas == ()
    assert defects.hslinks == tuple((5, link) for link in range(8))
    wafer = Wafer(defects)
    assert wafer.hicanns.sum() == 376
    assert wafer.linked.sum() == 368
    assert not wafer.linked[hicanns_of_fpga(5)].any()
    assert wafer.hicanns[hicanns_of_fpga(5)].all()  # they serve for transit


def test_only_what_is_listed_is_there(path):
    defects = read_availability(path, 6)
    assert set(range(384)) - set(defects.hicanns) == {88, 144}
    assert set(defects.fpgas) == set(range(48)) - {0, 3}
    assert (FPGA_OF[88], FPGA_OF[144]) == (3, 0)


def test_hicanns_of_a_missing_fpga_are_absent(path):
    path.write_text(path.read_text().replace("  - fpga: 3\n    ip: 192.168.6.4\n", ""))
    assert set(range(384)) - set(read_availability(path, 6).hicanns) == {144}


def test_unknown_wafer(path):
    expected = f"{path}: no wafer 21 in the database (got 6, 33) - the number of a wafer that it has"
    assert fault(path, 21) == expected


MALFORMED = {
    "key": ("macu:", "mac:", "1", "unknown key (got 'mac')"),
    "setup": (
        "bsswafer", "wafer", "12",
        "setuptype must be vsetup | facetswafer | cubesetup | bsswafer (got 'wafer')",
    ),
    "fpga": ("fpga: 7\n", "fpga: 48\n", "11", "fpga must be an integer 0..47 (got 48)"),
    "fpga twice": ("fpga: 7\n", "fpga: 6\n", "11", "fpga stands twice (got 6)"),
    "no number": ("fpga: 7\n", "fpga: no\n", "11", "fpga must be an integer 0..47 (got 'no')"),
    "fpga missing": ("fpga: 7\n    ip", "ip", "5", "fpga must be an integer 0..47 (got None)"),
    "flag": ("highspeed: false", "highspeed: no", "16", "highspeed must be true or false (got 'no')"),
    "reticle": ("to_be_powered: false", "powered: false", "5", "unknown key in reticles (got 'powered')"),
    "hicanns": ("version: 4\n---", "version: x\n---", "12", "version must be an integer 0..99 (got 'x')"),
    "hicanns key": ("  version: 4\n---", "  versio: 4\n---", "3", "unknown key (got 'versio')"),
    "list": ("hicanns:\n  version: 4", "hicanns: 4", "10", "hicanns must be a list (got 4)"),
    "hicann": ("hicann: 144", "hicann: 384", "13", "hicann must be an integer 0..383 (got 384)"),
    "second wafer": ("wafer: 6\n", "wafer: 33\n", "8", "there are two documents of wafer 33 (got a second)"),
    "wafer": ("wafer: 6\n", "wafer: six\n", "8", "wafer must be an integer 0..2147483647 (got 'six')"),
    "duplicate": ("macuversion: 4", "macu: 4", "1", "key 'macu' stands twice (first on line 4)"),
    "yaml": ("macu: ", "macu: [", "1", "did not find expected ',' or ']'"),
    "tag": (
        "macuversion: 4", "macuversion: !!python/name:os.system 4", "14",
        "tag 'tag:yaml.org,2002:python/name:os.system' is not allowed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_files(case, path):
    old, new, column, message = MALFORMED[case]
    text = path.read_text()
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    path.write_text(text.replace(old, new, 1))
    got = fault(path)
    assert message in got
    if case != "yaml":  # the parser of YAML says where it gave up
        assert got.split(" - ")[0] == f"{path}:{line}:{column}: {message}"


def test_other_setups_are_not_checked(path):
    path.write_text(path.read_text() + "---\nwafer: 80\nsetuptype: jboa\naggregators: []\n")
    path.write_text(path.read_text().replace("usb_serial: 'AFE'", "usb_serial: [1"))
    assert sorted(read_hwdb(path)) == [6, 33]


def test_no_file(tmp_path):
    assert fault(tmp_path / "x.yaml") == f"{tmp_path / 'x.yaml'}: No such file or directory"
    (tmp_path / "x.yaml").write_bytes(b"wafer: \xff")
    assert fault(tmp_path / "x.yaml") == f"{tmp_path / 'x.yaml'}: not UTF-8 text (invalid start byte at byte 7)"
    (tmp_path / "x.yaml").write_text("")
    assert read_hwdb(tmp_path / "x.yaml") == {}
    (tmp_path / "x.yaml").write_text("- wafer\nwafer: 3\n")
    assert fault(tmp_path / "x.yaml").startswith(f"{tmp_path / 'x.yaml'}:2:1: ")
