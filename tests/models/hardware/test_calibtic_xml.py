"""Calibtic's files: the numbers come back unchanged, foreign files are read, malformed ones say where."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.hardware.boost_xml import ArchiveError
from models.hardware.calibration import Calibration, HicannCurves, Scaling
from models.hardware.calibration_cells import DENMEM_CELLS, SHARED_CELLS
from models.hardware.calibration_curves import (
    CONSTANT,
    LOOKUP,
    NEGATIVE_POWERS,
    ONE_OVER,
    POLYNOMIAL,
    Curve,
)
from models.hardware.calibration_defaults import IDEAL_CONDUCTANCE, IDEAL_CURVES
from models.hardware.calibration_scaling import CalibrationError
from models.hardware.calibtic_trafos import NEURON_CURVES, SHARED_CURVES, Trafo, curve_of, trafos_of
from models.hardware.calibtic_xml import load_calibration, read_calibtic, save_calibration, write_calibtic


def measured(name, circuits, seed=1):
    """An ideal curve with 5 % of spread, the same every 32 circuits, and some circuits without one."""
    ideal, rng = IDEAL_CURVES[name], np.random.default_rng(seed)
    coefficients = ideal.coefficients * rng.uniform(0.95, 1.05, (32, 1))[np.arange(circuits) % 32]
    coefficients[1 :: max(circuits // 3, 2)] = np.nan
    low, high = (np.repeat(bound, circuits) for bound in (ideal.low, ideal.high))
    return Curve(ideal.kind, coefficients, low, high, ideal.offset)


def same(first, second):
    known = first.known
    assert (first.kind, first.offset) == (second.kind, second.offset)
    np.testing.assert_array_equal(first.coefficients, second.coefficients)
    np.testing.assert_array_equal(first.low[known], second.low[known])
    np.testing.assert_array_equal(first.high[known], second.high[known])


@pytest.fixture(scope="module")
def chip():
    conductance = IDEAL_CONDUCTANCE * np.random.default_rng(2).uniform(0.9, 1.1, (32, 1))[np.arange(448) % 32]
    conductance[7] = np.nan
    names = ("E_l", "I_gl normal big", "I_gladapt", "I_radapt", "I_convx")
    return HicannCurves(
        {name: measured(name, 512) for name in names},
        {name: measured(name, 4) for name in ("V_reset", "V_gmax3", "V_ccas")},
        conductance,
    )


@pytest.fixture(scope="module")
def text(chip, tmp_path_factory):
    path = tmp_path_factory.mktemp("calibtic") / "w33-h297.xml"
    write_calibtic(chip, path)
    return path.read_text()


@pytest.fixture
def path(text, tmp_path):
    path = tmp_path / "w33-h297.xml"
    path.write_text(text)
    return path


def change(path, old, new, after=""):
    """Replace the first ``old`` behind ``after`` and return its line."""
    text = path.read_text()
    position = text.index(old, text.index(after))
    path.write_text(text[:position] + new + text[position + len(old) :])
    return text[:position].count("\n") + 1


def fault(path):
    with pytest.raises(ArchiveError) as error:
        read_calibtic(path)
    return str(error.value)


def test_the_numbers_come_back(chip, path):
    found = read_calibtic(path)
    assert set(found.denmem) == set(chip.denmem)
    assert set(found.shared) == set(chip.shared)
    for mine, theirs in ((chip.denmem, found.denmem), (chip.shared, found.shared)):
        for name, curve in mine.items():
            same(curve, theirs[name])
    np.testing.assert_array_equal(found.conductance, chip.conductance)


def test_a_second_writing_gives_the_same_bytes(text, path):
    found = read_calibtic(path)
    write_calibtic(found, path)
    assert path.read_text() == text


def test_every_cell_of_an_ideal_chip(tmp_path):
    """One row stands for all circuits; 28 of a denmem's curves have an ideal, 23 of a block's."""
    denmem = {name: curve for name, curve in IDEAL_CURVES.items() if name in NEURON_CURVES}
    shared = {name: curve for name, curve in IDEAL_CURVES.items() if name in SHARED_CURVES}
    assert (len(denmem), len(shared)) == (28, 23)
    write_calibtic(HicannCurves(denmem, shared), tmp_path / "x.xml")
    found = read_calibtic(tmp_path / "x.xml")
    assert found.conductance is None
    for name, curve in (denmem | shared).items():
        theirs = (found.denmem | found.shared)[name]
        assert theirs.kind == curve.kind
        assert (theirs.coefficients == curve.coefficients).all()
        assert (theirs.low == curve.low).all()
        assert (theirs.high == curve.high).all()
    assert {curve.kind for curve in denmem.values()} == {POLYNOMIAL, ONE_OVER, NEGATIVE_POWERS, CONSTANT, LOOKUP}


def test_names_and_order():
    assert len(NEURON_CURVES) == 48
    assert NEURON_CURVES[6:9] == ("I_fire", "I_gl normal small", "I_gl fast small")
    assert NEURON_CURVES[11] == "I_gl normal big"
    assert NEURON_CURVES[19] == "I_gladapt"
    assert NEURON_CURVES[30] == "I_radapt"
    assert NEURON_CURVES[44:46] == ("ReadoutShift", "BigcapToSmallcap")
    assert len(set(NEURON_CURVES)) == 48
    assert set(DENMEM_CELLS) - set(NEURON_CURVES) == {"I_gl"}  # it has a curve for each leak and capacitor
    assert set(SHARED_CURVES) == set(SHARED_CELLS)
    assert len(SHARED_CURVES) == 23
    assert SHARED_CURVES[10:13] == ("V_gmax3", "V_tlow", "V_gmax0")


def test_classes_are_numbered_like_boost_does(text):
    """As in cake's sample of a file."""
    for line in (
        '<px class_id="3" class_name="HMF::HICANNCollection" tracking_level="1" version="2" object_id="_1">',
        '<Collection class_id="2" tracking_level="1" version="0" object_id="_2">',
        '<px class_id="9" class_name="HMF::NeuronCalibration" tracking_level="1" version="3" object_id="_5">',
        '<px class_id="13" class_name="calibtic::trafo::Polynomial" tracking_level="1" version="3" object_id="_7">',
        '<px class_id="-1"></px>',
    ):
        assert line in text
    assert 'object_id_reference="' in text  # circuits without curves are one object


def test_classes_of_a_row_are_numbered_like_boost_does(tmp_path):
    """As in cake's sample, if the same kinds of curves stand in the same order."""
    kinds = ("E_l", "I_convx", "I_gl normal big", "I_radapt", "V_syntci")
    shared = {"V_reset": IDEAL_CURVES["V_reset"]}
    rows = np.tile(IDEAL_CONDUCTANCE, (448, 1))
    write_calibtic(HicannCurves({name: IDEAL_CURVES[name] for name in kinds}, shared, rows), tmp_path / "x.xml")
    text = (tmp_path / "x.xml").read_text()
    for start in (
        '<px class_id="17" class_name="calibtic::trafo::Constant"',
        '<px class_id="18" class_name="calibtic::trafo::NegativePowersPolynomial"',
        '<px class_id="19" class_name="calibtic::trafo::OneOverPolynomial"',
        '<px class_id="20" class_name="calibtic::trafo::Lookup"',
        '<px class_id="21" class_name="HMF::BlockCollection"',
        '<px class_id="22" class_name="HMF::SharedCalibration"',
        '<px class_id="23" class_name="HMF::SynapseRowCollection"',
        '<px class_id="24" class_name="HMF::SynapseRowCalibration"',
        '<trafo class_id="25"',
        '<item class_id="26"',
        '<first class_id="27"',
        '<sel_Vgmax class_id="28"',
        '<gmax_div class_id="29"',
        '<second class_id="30"',
        '<px class_id="31" tracking_level="1" version="0"',
    ):
        assert start in text


def test_two_more_transformations(tmp_path):
    curve = measured("E_l", 512)
    write_calibtic(HicannCurves({"transformation 47": curve}), tmp_path / "x.xml")
    assert "<count>48</count>" in (tmp_path / "x.xml").read_text()
    same(curve, read_calibtic(tmp_path / "x.xml").denmem["transformation 47"])


def test_compressed(chip, tmp_path):
    write_calibtic(chip, tmp_path / "x.xml.gz")
    same(chip.denmem["E_l"], read_calibtic(tmp_path / "x.xml.gz").denmem["E_l"])
    (tmp_path / "x.xml.gz").write_bytes(gzip.compress(b"<a>")[:-9])
    assert fault(tmp_path / "x.xml.gz").startswith(f"{tmp_path / 'x.xml.gz'}: ")


def test_a_table_falls_in_its_domain(tmp_path):
    """Calibtic writes the domain of a table from its first to its last value."""
    write_calibtic(HicannCurves({"V_syntci": IDEAL_CURVES["V_syntci"]}), tmp_path / "x.xml")
    text = (tmp_path / "x.xml").read_text()
    low, high = (float(IDEAL_CURVES["V_syntci"].coefficients[0, i]) for i in (-1, 0))
    assert text.index(f"<l>{high:.17g}</l>") < text.index(f"<u>{low:.17g}</u>")
    assert "<offset>226</offset>" in text
    assert "<search_mode>0</search_mode>" in text


@settings(max_examples=30, deadline=None)
@given(
    kind=st.sampled_from([POLYNOMIAL, ONE_OVER, NEGATIVE_POWERS]),
    rows=st.lists(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=5) | st.none(), min_size=1, max_size=6),
)
def test_circuits_make_up_a_curve(kind, rows):
    trafos = [None if row is None else Trafo(kind, tuple(row), 1e-9, 2.0) for row in rows]
    curve = curve_of(trafos, "x", "f:1")
    if all(row is None for row in rows):
        assert curve is None
        return
    for row, trafo in zip(rows, trafos_of(curve, len(rows)), strict=True):
        assert (row is None) == (trafo is None)
        if row is not None:
            width = len(trafo.coefficients)
            assert trafo.coefficients == (*row, *[0.0] * (width - len(row)))


def test_a_wafer(chip, tmp_path):
    calibration = Calibration(Scaling(speedup=5000.0), {297: chip, 3: HicannCurves({"E_l": measured("E_l", 512)})})
    save_calibration(calibration, tmp_path / "c", wafer=21)
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == ["w21-h297.xml", "w21-h3.xml"]
    (tmp_path / "c" / "w33-h0.xml").write_text("another wafer")
    found = load_calibration(tmp_path / "c", 21)
    assert found.scaling.speedup == 5000.0
    assert list(found.hicanns) == [3, 297]
    hicann, denmem, bio = np.full(512, 297), np.arange(512), np.full(512, -60.0)
    np.testing.assert_array_equal(
        found.bio_to_dac("v_rest", bio, hicann, denmem), calibration.bio_to_dac("v_rest", bio, hicann, denmem)
    )
    assert len(set(found.bio_to_dac("v_rest", bio, hicann, denmem).tolist())) > 10
    row = np.arange(448)
    np.testing.assert_array_equal(
        found.conductance(row % 16, 1.0, row, 297), calibration.conductance(row % 16, 1.0, row, 297)
    )
    assert load_calibration(tmp_path / "c", 21, Scaling(shift_v=1.0)).scaling.shift_v == 1.0


def test_a_wafer_without_files(chip, tmp_path):
    save_calibration(Calibration(hicanns={1: chip}), tmp_path)
    with pytest.raises(ArchiveError, match=r"no calibration of wafer 34 - files like w34-h297\.xml"):
        load_calibration(tmp_path, 34)
    with pytest.raises(ArchiveError, match="cannot read the directory: No such file"):
        load_calibration(tmp_path / "x")
    write_calibtic(HicannCurves(), tmp_path / "w33-h2.xml", speedup=1000)
    with pytest.raises(ArchiveError, match=r"w33-h2.xml: speed-up differs from w33-h1.xml: 10000 \(got 1000\)"):
        load_calibration(tmp_path)
    write_calibtic(HicannCurves(), tmp_path / "w33-h384.xml")
    with pytest.raises(ArchiveError, match=r"w33-h384.xml: no HICANN 384"):
        load_calibration(tmp_path)


def test_what_has_no_place(tmp_path):
    with pytest.raises(CalibrationError, match=r"no curve of this name \(got 'I_gl'\)"):
        write_calibtic(HicannCurves({"I_gl": IDEAL_CURVES["E_l"]}), tmp_path / "x.xml")
    with pytest.raises(CalibrationError, match=r"V_reset: must have 1 or 4 circuits \(got 5\)"):
        write_calibtic(HicannCurves({}, {"V_reset": measured("V_reset", 5)}), tmp_path / "x.xml")
    with pytest.raises(CalibrationError, match=r"a whole speed-up \(got 1000.5\)"):
        save_calibration(Calibration(Scaling(speedup=1000.5)), tmp_path)
    assert not list(tmp_path.iterdir())


NEURON, ROWS = 'class_name="HMF::NeuronCollection"', 'class_name="HMF::SynapseRowCollection"'
MALFORMED = {
    "class": (
        NEURON, 'class_name="calibtic::trafo::Polynomial"', 'class_name="calibtic::trafo::SumOfTrafos"',
        "no curve of this class (got 'SumOfTrafos') - known are Polynomial, OneOverPolynomial, "
        "NegativePowersPolynomial, Constant, Lookup",
    ),
    "number": (NEURON, "<l>0</l>", "<l>nan</l>", "<l> must be a number (got 'nan')"),
    "text": (NEURON, "<l>0</l>", "<l></l>", "<l> must be a number (got '')"),
    "denmem": (NEURON, "<first>511</first>", "<first>512</first>", "<first> must be 0..511 (got 512)"),
    "twice": (NEURON, "<first>511</first>", "<first>510</first>", "entry stands twice (got 510)"),
    "count": (NEURON, "<count>46</count>", "<count>47</count>", "<trafo> holds 46 items (got count 47)"),
    "reference": (
        NEURON, 'object_id_reference="_5"', 'object_id_reference="_99999"',
        "reference to an object that does not stand before it (got '_99999')",
    ),
    "row": (ROWS, "<first>447</first>", "<first>448</first>", "<first> must be 0..447 (got 448)"),
    "speed-up": (ROWS, "<speedup>10000<", "<speedup>0<", "<speedup> must be 1..9223372036854775807 (got 0)"),
    "version": (
        "", 'HICANNCollection" tracking_level="1" version="2"', 'HICANNCollection" tracking_level="1" version="3"',
        "unknown version of <px> (got '3') - known are 0..2",
    ),
    "kind": (
        "", "HMF::HICANNCollection", "HMF::ADCCalibration",
        "must hold HMF::HICANNCollection (got HMF::ADCCalibration) - a calibration of a HICANN",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_files(case, tmp_path):
    after, old, new, message = MALFORMED[case]
    path = tmp_path / "w33-h297.xml"
    curve = IDEAL_CURVES["E_l"]
    rows = np.tile(IDEAL_CONDUCTANCE, (448, 1))
    write_calibtic(HicannCurves({"E_l": curve}, {}, rows), path)
    line = change(path, old, new, after)
    assert fault(path) == f"{path}:{line}: {message}"


def test_a_row_needs_the_default_range(path):
    line = change(path, "<value>11</value>", "<value>12</value>", ROWS)
    got = "the row has no curve for sel_Vgmax 0 and gmax_div 11"
    text = path.read_text().splitlines()
    start = max(i for i, row in enumerate(text[:line], 1) if "HMF::SynapseRowCalibration" in row)
    assert fault(path) == f"{path}:{start}: {got}"


def test_circuits_of_different_kind(tmp_path):
    table = {"E_l": measured("E_l", 512)}
    write_calibtic(HicannCurves(table), tmp_path / "x.xml")
    path = tmp_path / "x.xml"
    constant = '<px class_id="99" class_name="calibtic::trafo::Constant"'
    change(path, '<px class_id_reference="13"', constant, NEURON)
    text = path.read_text()
    start = text.index("<data>", text.index(constant))
    path.write_text(text[:start] + "<data>3" + text[text.index("</data>", start) :])
    line = text[: text.index(NEURON)].count("\n") + 1
    kinds = "polynomial of 2 and constant of 1 numbers"
    assert fault(path) == f"{path}:{line}: E_l must be the same kind of curve in all circuits (got {kinds})"


def test_truncated(path):
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:40]))
    assert fault(path).startswith(f"{path}:41: not well-formed XML in ")


def test_a_missing_file(tmp_path):
    assert fault(tmp_path / "x.xml") == f"{tmp_path / 'x.xml'}: No such file or directory"
