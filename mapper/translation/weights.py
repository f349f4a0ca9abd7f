"""Weights to row ranges and weight codes.

A biological weight w [uS] becomes 1000 w speedup C_hw / cm [nS] on the wafer, C_hw being the sum over the neuron's
denmems (marocco HICANNParameters).  All synapses of a row share its range: of those whose largest conductance is
enough for the row's largest weight the smallest is taken, or else the largest (calibtic SynapseRowCalibration).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.configuration import Configuration
from models.hardware.calibration import Calibration, Scaling
from models.hardware.calibration_cells import CAPACITANCE
from models.hardware.calibration_defaults import IDEAL_CONDUCTANCE
from models.hardware.synapses import N_ROWS
from models.network.streams import stream, unit

Floats = NDArray[np.float64]


def write_weights(
    bits: Configuration,
    hicann: NDArray[np.int16],
    row: NDArray[np.int16],
    conductance: Floats,
    calibration: Calibration,
    rounding: str = "nearest",
    seed: int = 0,
) -> NDArray[np.uint8]:
    """Set the ranges of the rows and return the weight codes of their synapses.

    Parameters
    ----------
    bits : Configuration
        Its tables ``row_gmax`` and ``row_gmax_div`` are changed.
    hicann, row : (n,) int
        Where each synapse is.
    conductance : (n,) float64
        Hardware conductance that it is to have [nS].
    calibration : Calibration
        Ranges and conductance of the codes.
    rounding, seed
        See `mapper.translation.options.Analog`.

    Returns
    -------
    (n,) uint8
        Codes 1..15; 0 would not switch a synapse off.
    """
    place = bits.position[hicann].astype(np.int64) * N_ROWS + row
    largest = np.zeros(len(bits.hicanns) * N_ROWS)
    np.maximum.at(largest, place, conductance)
    used = np.flatnonzero(largest)
    gains = calibration.range_gains()
    choice = _ranges(gains, largest[used])
    at, used_row = used // N_ROWS, used % N_ROWS
    bits.row_gmax[at, used_row] = np.array([r.selector for r in calibration.ranges], np.uint8)[choice]
    bits.row_gmax_div[at, used_row] = np.array([r.divider for r in calibration.ranges], np.uint8)[choice][:, None]
    gain = np.ones(len(largest))
    gain[used] = gains[choice]
    noise = unit(stream(seed, "weight codes"), len(row)) if rounding == "stochastic" else None
    codes = _codes(conductance / gain[place], IDEAL_CONDUCTANCE, noise)
    for number, curves in calibration.hicanns.items():
        here = np.flatnonzero(hicann == number)
        if curves.conductance is None or not len(here):
            continue
        own = np.where(np.isnan(curves.conductance), IDEAL_CONDUCTANCE, curves.conductance)
        for one in np.unique(row[here]):
            part = here[row[here] == one]
            scaled = conductance[part] / gain[place[part]]
            codes[part] = _codes(scaled, own[one], None if noise is None else noise[part])
    return codes


def _ranges(gains: Floats, largest: Floats) -> NDArray[np.int64]:
    """Return the range of each row, (n_rows,)."""
    reach = _conductance(np.array([15.0]), IDEAL_CONDUCTANCE)[0] * gains
    order = np.argsort(reach, kind="stable")
    enough = np.searchsorted(reach[order] * (1 + 1e-9), largest, side="left")
    chosen: NDArray[np.int64] = order[np.minimum(enough, len(order) - 1)]
    return chosen


def _conductance(code: Floats, coefficients: Floats) -> Floats:
    constant, linear, square = coefficients
    value: Floats = constant + linear * code + square * code**2
    return value


def _codes(conductance: Floats, coefficients: Floats, noise: Floats | None) -> NDArray[np.uint8]:
    """Return the codes of conductances at gain 1, (n,).

    Nearest: a tie takes the smaller code.  Stochastic: of the two neighbours the upper one with the probability that
    is the remainder.
    """
    levels = _conductance(np.arange(1.0, 16.0), coefficients)
    levels = np.maximum.accumulate(levels)
    if noise is None:
        border = 0.5 * (levels[1:] + levels[:-1])
        return (1 + np.searchsorted(border, conductance, side="left")).astype(np.uint8)
    lower = np.clip(np.searchsorted(levels, conductance, side="right") - 1, 0, 13)
    remainder = (conductance - levels[lower]) / np.maximum(levels[lower + 1] - levels[lower], 1e-12)
    return (1 + lower + (noise < remainder)).astype(np.uint8)


def weight_codes(
    weight: NDArray[np.float32],
    width: NDArray[np.int8],
    cm: NDArray[np.float64],
    speedup: float,
) -> NDArray[np.uint8]:
    """Return the 4-bit weight codes whose conductance in calibtic's default row calibration is nearest.

    Parameters
    ----------
    weight : (n,) float32
        Biological weights [uS].
    width : (n,) int8
        Columns of the target neurons, two denmems with big capacitors each.
    cm : (n,) float64
        Biological membrane capacitance of the targets [nF].
    speedup : float
        How much faster than biology the wafer runs.
    """
    factor = Scaling(speedup=speedup).weight_factor(2 * width.astype(np.int64) * CAPACITANCE[1], cm)
    return _codes(weight.astype(np.float64) * factor, IDEAL_CONDUCTANCE, None)
