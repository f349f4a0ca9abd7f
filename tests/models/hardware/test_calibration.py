"""The ideal calibration against the published numbers, and both ways of every translation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.hardware.calibration import (
    PARAMETERS,
    Calibration,
    CalibrationError,
    GmaxRange,
    HicannCurves,
    Scaling,
    cap_to_utilisation,
    dac_to_recovery,
    denmem_capacitance,
    leak_curve,
    recovery_to_dac,
    utilisation_to_cap,
)
from models.hardware.calibration_cells import (
    BLOCK_OF_DENMEM,
    BLOCK_OF_DRIVER,
    DENMEM_CELLS,
    LEAK_FAST,
    LEAK_NORMAL,
    LEAK_SLOW,
    SHARED_CELLS,
)
from models.hardware.calibration_curves import POLYNOMIAL, Curve
from models.hardware.calibration_defaults import IDEAL_CURVES

IDEAL = Calibration()
HERE, CIRCUIT = np.zeros(1, np.int64), np.zeros(1, np.int64)


def dac(parameter, bio, **arguments):
    return int(IDEAL.bio_to_dac(parameter, np.array([bio]), HERE, CIRCUIT, **arguments)[0])


def bio(parameter, value, **arguments):
    return float(IDEAL.dac_to_bio(parameter, np.array([value]), HERE, CIRCUIT, **arguments)[0])


def test_there_are_23_cells_per_denmem_and_23_per_block():
    assert len(set(DENMEM_CELLS)) == len(set(SHARED_CELLS)) == 23


@pytest.mark.parametrize(
    ("parameter", "value", "cell"),
    [
        ("v_rest", -65.0, 313),  # 0.55 V
        ("v_threshold", -50.0, 398),  # 0.7 V
        ("v_reset", -120.0, 0),
        ("v_reset", 60.0, 1023),
        ("e_rev_x", 0.0, 721),  # -16 + 614 * 1.2
        ("e_rev_i", -70.0, 284),
        ("tau_refrac", 0.15, 1016),
        ("tau_refrac", 17.32, 10),
        ("tau_syn_x", 15.11, 226),
        ("tau_syn_i", 1.299, 1022),
        ("tau_w", 29.3, 861),
        ("delta_T", 1.35, 1017),
    ],
)
def test_dac_of_biological_values(parameter, value, cell):
    assert dac(parameter, value) == cell


@pytest.mark.parametrize(
    ("big", "leak", "low", "high"),
    [
        (True, LEAK_NORMAL, 5.41, 482.0),
        (True, LEAK_SLOW, 15.0, 2000.0),
        (True, LEAK_FAST, 4.23, 201.0),
        (False, LEAK_NORMAL, 1.083, 96.3),
        (False, LEAK_SLOW, 3.0, 722.0),
        (False, LEAK_FAST, 1.0, 40.2),
    ],
)
def test_range_of_the_membrane_time_constant(big, leak, low, high):
    cell = leak_curve(big, leak)
    for asked, got in ((low / 2, low), (2 * high, high)):
        hardware = IDEAL.scaling.to_hardware("time", np.array([asked]))
        clipped = IDEAL_CURVES[cell].clipped(hardware)
        assert IDEAL.scaling.to_bio("time", clipped)[0] == pytest.approx(got)
    middle = np.sqrt(low * high / 10)
    assert bio("tau_m", dac("tau_m", middle, cell=cell), cell=cell) == pytest.approx(middle, rel=0.05)


def test_leak_current_of_20_ms():
    """19.4 + 114.9 - 70.0 + 15.6 by the four terms of the published polynomial at 2 us."""
    assert dac("tau_m", 20.0, cell=leak_curve(True, LEAK_NORMAL)) == 80
    assert dac("tau_m", 4.0, cell=leak_curve(False, LEAK_NORMAL)) == 80
    assert dac("tau_m", 20.0, cell=leak_curve(True, LEAK_SLOW)) == 720
    assert dac("tau_m", 20.0, cell=leak_curve(True, LEAK_FAST)) == 27


def test_conductances_and_currents_scale_with_the_capacitance():
    ratio = denmem_capacitance(np.array([True])) / 0.281
    assert IDEAL.scaling.to_hardware("conductance", np.array([4.0]), ratio)[0] == pytest.approx(308.1e-9, rel=1e-3)
    assert IDEAL.scaling.to_hardware("current", np.array([0.0805]), ratio)[0] == pytest.approx(62.0e-9, rel=1e-3)
    assert bio("a", dac("a", 4.0, ratio=ratio), ratio=ratio) == pytest.approx(4.0, rel=0.02)
    assert bio("b", dac("b", 0.0805, ratio=ratio), ratio=ratio) == pytest.approx(0.0805, rel=1e-3)


@pytest.mark.parametrize("parameter", ["a", "b"])
def test_adaptation_is_switched_off_by_zero(parameter):
    assert dac(parameter, 0.0) == 0
    assert bio(parameter, 0) == 0.0
    assert dac(parameter, 1e-12) >= 1


@given(st.sampled_from(sorted(set(PARAMETERS) - {"tau_m"})), st.integers(0, 1023))
def test_a_dac_survives_the_way_to_biology_and_back(parameter, value):
    low, high = sorted(IDEAL.value(PARAMETERS[parameter][0], np.array([1023.0, 0.0]), HERE.repeat(2), HERE.repeat(2)))
    value = max(value, 1) if parameter in ("a", "b") else value
    hardware = IDEAL.scaling.to_hardware(PARAMETERS[parameter][1], np.array([bio(parameter, value)]))[0]
    if low * (1 + 1e-9) < hardware < high * (1 - 1e-9):
        assert abs(dac(parameter, bio(parameter, value)) - value) <= 1


@given(st.floats(-119.0, 59.0))
def test_a_voltage_comes_back_within_half_a_step(value):
    step = 1.8 / 1023 * 100
    assert abs(bio("v_rest", dac("v_rest", value)) - value) <= step / 2 + 1e-9


def test_default_conductances_are_calibtics():
    """94, 174, 250, ..., 955 nS for weights 0..15."""
    conductance = IDEAL.conductance(np.arange(16))
    assert np.rint(conductance[[0, 1, 2, 4, 5, 12, 13, 15]]).tolist() == [94, 174, 250, 394, 461, 840, 881, 955]
    assert (np.diff(conductance) > 0).all()


def test_conductance_grows_with_gmax_over_the_sum_of_the_dividers():
    dividers = np.array([(11, 11), (10, 12), (1, 1), (0, 0)])
    assert IDEAL.row_gain(np.full(4, 205), dividers).tolist() == pytest.approx([1, 1, 11, 22])
    assert IDEAL.row_gain(np.array([410]), np.array([(11, 11)]))[0] == 2.0


def test_the_four_ranges_reach_their_published_largest_weights():
    """107, 31.5, 8.8 and 2.6 nS for one denmem with cm 0.2 nF."""
    per_uS = IDEAL.scaling.weight_factor(denmem_capacitance(np.array([True])), np.array([0.2]))[0]
    largest = IDEAL.conductance(np.array([15])) * IDEAL.range_gains() / per_uS * 1000
    assert largest.tolist() == pytest.approx([8.8, 107, 31.5, 2.6], rel=0.01)


def test_weight_factor_of_four_big_denmems():
    assert Scaling().weight_factor(np.array([4 * 2.16456e-3]), np.array([0.2]))[0] == pytest.approx(432_912)


def test_stp_registers():
    assert utilisation_to_cap(np.array([0.1, 0.25, 0.30, 0.40, 0.9])).tolist() == [0, 0, 2, 7, 7]
    assert cap_to_utilisation(np.array([0, 7])).tolist() == pytest.approx([0.25, 0.40])
    assert dac_to_recovery(np.array([5, 40, 1023]), Scaling()).tolist() == pytest.approx([1040, 154, 6.2], rel=0.02)
    assert recovery_to_dac(np.array([100.0]), Scaling()).tolist() == [62]


def test_blocks_of_drivers_and_denmems():
    assert BLOCK_OF_DRIVER[[0, 1, 112, 113]].tolist() == [1, 0, 2, 3]
    assert BLOCK_OF_DENMEM[[0, 1, 256, 257]].tolist() == [0, 1, 2, 3]


def test_measured_curves_replace_the_ideal_ones_where_they_exist():
    coefficients = np.full((512, 2), np.nan)
    coefficients[7] = (10.0, 500.0)
    voltage = Curve(POLYNOMIAL, coefficients, np.zeros(512), np.full(512, 1.8))
    conductance = np.full((448, 3), np.nan)
    conductance[3] = (0.0, 100.0, 0.0)
    calibration = Calibration(hicanns={4: HicannCurves({"E_l": voltage}, conductance=conductance)})
    hicann, denmem = np.array([4, 4, 5]), np.array([7, 8, 7])
    found = calibration.bio_to_dac("v_rest", np.full(3, -20.0), hicann, denmem)
    assert found.tolist() == [510, 568, 568]
    back = calibration.dac_to_bio("v_rest", found, hicann, denmem)
    assert back.tolist() == pytest.approx([-20.0, -20.06, -20.06], abs=0.01)
    rows = calibration.conductance(np.array([2, 2]), row=np.array([3, 4]), hicann=4)
    assert rows.tolist() == pytest.approx([200, 250], abs=0.5)


def test_another_scaling():
    calibration = Calibration(Scaling(speedup=1e3, alpha_v=3.0, shift_v=0.9))
    assert calibration.scaling.to_hardware("voltage", np.array([-50.0]))[0] == pytest.approx(0.75)
    assert calibration.scaling.to_hardware("time", np.array([20.0]))[0] == pytest.approx(20e-6)
    with pytest.raises(CalibrationError, match="alpha_v must be a positive number"):
        Scaling(alpha_v=0.0)


def test_ranges_can_be_chosen():
    calibration = Calibration(ranges=tuple(GmaxRange(0, n) for n in range(1, 16)))
    assert calibration.range_gains()[10] == 1.0
