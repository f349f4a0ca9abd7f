"""Redman's directories: every kind and version there and back, and what malformed files say."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DefectError
from models.hardware import boost_xml
from models.hardware.boost_xml import ArchiveError
from models.hardware.defects import COMPONENTS, Defects, random_defects
from models.hardware.layer1 import switch_number as crossbar_number
from models.hardware.redman_xml import HICANN_PARTS, read_redman, write_redman
from models.hardware.synapses import switch_number

HICANN = "hicann-Wafer(33)-Enum(297).xml"
WAFER = "wafer-Wafer(33).xml"
FPGA = "fpga-33-12.xml"
SOME = Defects.from_components(
    [3, 383], [5], [(12, 0), (12, 7)], {"neurons": [(297, 0), (297, 300)], "hbuses": [(297, 63)]}
)


@pytest.fixture
def folder(tmp_path):
    write_redman(SOME, tmp_path / "33")
    return tmp_path / "33"


def change(path, old, new, count=1):
    """Replace text and return the line where it stands."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))
    return text[: text.index(old)].count("\n") + 1


def fault(folder, **arguments):
    with pytest.raises(ArchiveError) as error:
        read_redman(folder, **arguments)
    return str(error.value)


def test_the_files(folder):
    assert sorted(path.name for path in folder.iterdir()) == [FPGA, HICANN, WAFER]
    assert read_redman(folder) == SOME
    assert read_redman(folder, strict=True) == SOME


@pytest.mark.parametrize("kind", COMPONENTS)
def test_every_kind(kind, tmp_path):
    count = COMPONENTS[kind]
    indices = sorted({0, count // 3, count // 2, count - 1})
    defects = Defects.from_components(components={kind: [(h, i) for h in (0, 383) for i in indices]})
    write_redman(defects, tmp_path / "d")
    assert read_redman(tmp_path / "d") == defects


@pytest.mark.parametrize(
    ("kind", "index", "x", "y"),
    [
        ("neurons", 300, 44, 1),
        ("synapses", 256 * 447 + 255, 255, 447),
        ("drivers", 0, 1, 0),  # the top half is fed from the right by even drivers, the bottom half from the left
        ("drivers", 112, 0, 112),
        ("synapseswitchrows", 447, 1, 223),
        ("synapseswitches", switch_number(3, 0), 3, 0),
        ("hrepeaters", 63, 1, 63),
        ("vrepeaters", 0, 1, 0),  # top repeaters: odd lines on the left side
        ("vrepeaters", 64, 128, 0),  # and even ones on the right side
        ("vrepeaters", 128, 0, 1),
        ("crossbarswitches", crossbar_number(31, 0), 31, 0),
        ("fgblocks", 2, 0, 1),
    ],
)
def test_grid_coordinates(kind, index, x, y, tmp_path):
    write_redman(Defects.from_components(components={kind: [(297, index)]}), tmp_path / "d")
    lines = [line.strip() for line in (tmp_path / "d" / HICANN).read_text().splitlines()]
    start = next(i for i, line in enumerate(lines) if line.startswith("<item "))
    values = [line for line in lines[start : start + 10] if line.startswith("<value>")]
    assert values == [f"<value>{value}</value>" for value in (x, y, index)]


def test_a_synaptic_input_has_its_denmem_and_side(tmp_path):
    write_redman(Defects.from_components(components={"synaptic_inputs": [(297, 2 * 300 + 1)]}), tmp_path / "d")
    lines = [line.strip() for line in (tmp_path / "d" / HICANN).read_text().splitlines()]
    start = next(i for i, line in enumerate(lines) if line.startswith("<neuron "))
    values = [line for line in lines[start : start + 12] if line.startswith("<value>")]
    assert values == [f"<value>{value}</value>" for value in (44, 1, 300, 1)]


def test_classes_are_numbered_like_boost_does(tmp_path):
    """Four classes for each list, in the order of the file; see redman's own samples of version 3."""
    write_redman(Defects.from_components(components={"synapsearrays": [(0, 1)]}), tmp_path / "d", wafer=0)
    text = (tmp_path / "d" / "hicann-Wafer(0)-Enum(0).xml").read_text()
    for i, (tag, _, _) in enumerate(HICANN_PARTS):
        assert f'<{tag} class_id="{4 + 4 * i}" tracking_level="0" version="1">' in text
        assert f'<px class_id="{5 + 4 * i}" tracking_level="1" version="1" object_id="_{2 + i}">' in text
    assert '<item class_id="88" tracking_level="0" version="0">' in text
    assert '<id class_id="89" tracking_level="0" version="0">' in text


@pytest.mark.parametrize("version", range(4))
def test_every_version(version, tmp_path):
    kinds = [kind for _, kind, since in HICANN_PARTS if since <= version]
    components = {kind: [(297, COMPONENTS[kind] - 1)] for kind in kinds}
    more = ([5], [(12, 3)]) if version else ((), ())
    defects = Defects.from_components([7], *more, components)
    write_redman(defects, tmp_path / "d", version=version)
    assert read_redman(tmp_path / "d") == defects
    text = (tmp_path / "d" / HICANN).read_text()
    assert f'<Hicann class_id="2" tracking_level="1" version="{version}" object_id="_1">' in text
    assert ("<hasvalue>" in text) == (version > 0)
    assert ("<id " in text) == (version > 1)


@pytest.mark.parametrize(
    ("version", "defects", "message"),
    [
        (0, {"fpgas": [1]}, "version 0 of redman's files has no place for fpgas - use version 1"),
        (0, {"hslinks": [(1, 1)]}, "version 0 of redman's files has no place for hslinks - use version 1"),
        (0, {"components": {"synaptic_inputs": [(0, 0)]}}, "version 0 .* no place for synaptic_inputs - use version 1"),
        (1, {"components": {"fgblocks": [(0, 0)]}}, "version 1 .* no place for fgblocks - use version 2"),
        (2, {"components": {"synapsearrays": [(0, 0)]}}, "version 2 .* no place for synapsearrays - use version 3"),
        (4, {}, r"must be 0\.\.3 \(got 4\)"),
    ],
)
def test_nothing_is_dropped_for_an_old_version(version, defects, message, tmp_path):
    with pytest.raises(DefectError, match=message):
        write_redman(Defects.from_components(**defects), tmp_path / "d", version=version)
    assert not (tmp_path / "d").exists()


def test_the_newest_wafer_file_may_name_its_backend(folder):
    change(folder / WAFER, 'version="3"', 'version="4"')
    backend = (
        "</id><backend><px class_name='redman::backend::XMLBackend'><path><string>./</string></path></px></backend>"
    )
    change(folder / WAFER, "</id>", backend)
    assert read_redman(folder) == SOME


def test_files_of_other_wafers_and_other_things_are_left_alone(folder):
    (folder / "wafer-Wafer(21).xml").write_text("nonsense")
    (folder / "README.xml").write_text("nonsense")
    assert read_redman(folder) == SOME


def test_a_missing_file_disables_nothing(folder):
    (folder / WAFER).unlink()
    found = read_redman(folder)
    assert not found.hicanns
    assert found.hslinks == SOME.hslinks


def test_an_object_may_be_a_reference(folder):
    text = (folder / HICANN).read_text()
    start, end = text.index("<px", text.index("<analogs")), text.index("</px>", text.index("<analogs"))
    (folder / HICANN).write_text(text[:start] + '<px object_id_reference="_6">' + text[end:])  # that of hbuses
    with pytest.raises(ArchiveError, match=r"<value> must be 0\.\.1 \(got 63\)"):
        read_redman(folder)
    (folder / HICANN).write_text(text[:start] + '<px object_id_reference="_5">' + text[end:])  # that of inputs: empty
    assert read_redman(folder) == SOME


def test_no_information(folder):
    line = change(folder / WAFER, "<hasvalue>1", "<hasvalue>0")
    assert read_redman(folder) == SOME
    assert fault(folder, strict=True) == f"{folder / WAFER}:{line}: no information on hicanns (got hasvalue 0)"


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    kinds=st.sets(st.sampled_from(sorted(COMPONENTS)), min_size=1, max_size=4),
    dead=st.sampled_from([0.0, 0.01, 0.5]),
)
def test_random_defects(seed, kinds, dead):
    fractions = {kind: 0.02 / COMPONENTS[kind] for kind in kinds} | {"hicanns": dead}
    defects = random_defects(seed, fractions)
    with tempfile.TemporaryDirectory() as name:
        write_redman(defects, Path(name) / "d", wafer=seed % 100)
        assert read_redman(Path(name) / "d", wafer=seed % 100) == defects


MALFORMED = {
    "unknown tag": (HICANN, "neurons", "neurones", "version 3 of Hicann has no such element (got <neurones>)"),
    "enum": (HICANN, "<value>300<", "<value>301<", "the enum of NeuronOnHICANN at x 44, y 1 is 300 (got 301)"),
    "range": (HICANN, "<value>63<", "<value>64<", "<value> must be 0..63 (got 64)"),
    "negative": (HICANN, "<value>63<", "<value>-1<", "<value> must be 0..63 (got -1)"),
    "text": (HICANN, "<value>63<", "<value>x<", "<value> must be an integer (got 'x')"),
    "version": (
        HICANN, 'version="3" object_id="_1"', 'version="4" object_id="_1"',
        "unknown version of <Hicann> (got '4') - known are 0..3",
    ),
    "count": (HICANN, "<count>2<", "<count>3<", "<selection> holds 2 items (got count 3)"),
    "hasvalue": (HICANN, "<hasvalue>1<", "<hasvalue>2<", "<hasvalue> must be 0..1 (got 2)"),
    "class": (
        HICANN, "redman::resources::HicannWithBackend", "redman::resources::WaferWithBackend",
        "must be redman::resources::HicannWithBackend (got 'redman::resources::WaferWithBackend')",
    ),
    "root": (
        HICANN, "serialization::archive", "something",
        "no archive of boost::serialization (got <boost_serialization>)",
    ),
    "no hicann": (WAFER, "<value>12<", "<value>11<", "there is no HICANNOnWafer at these coordinates (got x 11, y 0)"),
    "no link": (FPGA, "<value>7<", "<value>8<", "<value> must be 0..7 (got 8)"),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_files(case, tmp_path):
    name, old, new, message = MALFORMED[case]
    components = {"neurons": [(297, 0), (297, 300)], "hbuses": [(297, 63)]}
    write_redman(Defects.from_components([0], [], [(12, 7)], components), tmp_path / "33")
    path = tmp_path / "33" / name
    line = change(path, old, new, -1 if case == "unknown tag" else 1)
    line -= {"enum": 1, "no hicann": 2}.get(case, 0)  # what is wrong is the element around it
    assert fault(tmp_path / "33") == f"{path}:{line}: {message}"


def test_identity(folder):
    other = folder / HICANN.replace("297", "298")
    (folder / HICANN).rename(other)
    line = other.read_text()[: other.read_text().index("<id ")].count("\n") + 1
    expected = "the file is named after Hicann 298 of wafer 33 (got 297 of wafer 33)"
    assert fault(folder) == f"{other}:{line}: {expected}"


def test_an_item_that_stands_twice(folder):
    item = "<item><value>63</value></item></selection>"
    text = (folder / HICANN).read_text()
    position = text.index("</selection>", text.index("<hbuses"))
    (folder / HICANN).write_text(text[:position] + item + text[position + len("</selection>") :])
    line = change(folder / HICANN, "<count>1<", "<count>2<")
    first = line + 2
    expected = f"hbuses: item stands twice (got enum 63, first on line {first})"
    assert fault(folder) == f"{folder / HICANN}:{first + 3}: {expected}"


def test_truncated(folder):
    lines = (folder / HICANN).read_text().splitlines(keepends=True)
    (folder / HICANN).write_text("".join(lines[:20]))
    got = "not well-formed XML in <selection><item> (got no element found) - get a complete copy"
    assert fault(folder) == f"{folder / HICANN}:21: {got}"


def test_empty_and_binary_files(folder):
    (folder / HICANN).write_bytes(b"")
    assert fault(folder).startswith(f"{folder / HICANN}:1: not well-formed XML in the file (got no element found)")
    (folder / HICANN).write_bytes(b"\x00\x01\x02")
    assert fault(folder).startswith(f"{folder / HICANN}:1: not well-formed XML in the file (got ")


@pytest.mark.parametrize(
    ("doctype", "message"),
    [
        ('<!DOCTYPE b [<!ENTITY a "b">]>', "a document type with a definition is not allowed (got 'b')"),
        ('<!DOCTYPE b SYSTEM "file:///etc/passwd">', "a document type with a definition is not allowed (got 'b')"),
    ],
)
def test_entities_are_refused(doctype, message, folder):
    change(folder / HICANN, "<!DOCTYPE boost_serialization>", doctype)
    assert fault(folder) == f"{folder / HICANN}:2: {message} - plain XML only"


def test_bounds(folder, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(boost_xml, "MAX_BYTES", 1000)
        assert "the file has more than 1000 bytes" in fault(folder)
    with monkeypatch.context() as patch:
        patch.setattr(boost_xml, "MAX_ELEMENTS", 10)
        assert "more than 10 elements" in fault(folder)
    with monkeypatch.context() as patch:
        patch.setattr(boost_xml, "MAX_DEPTH", 5)
        assert "nested deeper than 5 elements" in fault(folder)


def test_directories(folder, tmp_path):
    assert fault(tmp_path / "x").startswith(f"{tmp_path / 'x'}: cannot read the directory: No such file")
    (tmp_path / "empty").mkdir()
    assert fault(tmp_path / "empty") == (
        f"{tmp_path / 'empty'}: no file of wafer 33: there are no files of redman - a file like wafer-Wafer(33).xml"
    )
    assert "no file of wafer 21: there are files of 33 - " in fault(folder, wafer=21)
    (folder / "hicann-33.xml").write_text("")
    assert fault(folder).startswith(f"{folder / 'hicann-33.xml'}: not a file name of redman (got 'hicann-33.xml') - ")
    (folder / "hicann-33.xml").rename(folder / "hicann-Wafer(33)-Enum(384).xml")
    assert fault(folder).endswith("hicann must be 0..383 (got 384)")


def test_nothing_is_overwritten(folder, tmp_path):
    with pytest.raises(DefectError, match="there is something already - write into a new directory"):
        write_redman(Defects.none(), folder)
    (tmp_path / "new").mkdir()
    write_redman(Defects.none(), tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == [WAFER]
    assert not read_redman(tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["33", "new"]
