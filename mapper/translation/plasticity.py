"""Short-term plasticity: capacitors of the drivers and the voltages that a quadrant of drivers shares.

The driver circuit (ESS ``syndriver::pulse``) keeps an inactive share I that decays with tau_rec and grows by U (1 - I)
at a spike; depression multiplies the weight by 1 - lam (I - N), facilitation by 1 + lam (I - N), lam = V_stdf / 1 V,
N = V_dep / V_stdf or V_fac / V_stdf.

* Depression of Tsodyks and Markram is lam = 1, N = 0 with the weight w U.
* Facilitation multiplies w by u = U + I (1 - U) at a spike: proportional to 1 + lam (I - N) with lam = 1 and
  N = 1 - U / (1 - U), and the first pulse w U tells the weight.

Time constant and N are the mean over the synapses of a quadrant, U the mean over the synapses of a driver.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.configuration import Configuration
from models.hardware.calibration import Calibration, cap_to_utilisation, recovery_to_dac, utilisation_to_cap
from models.hardware.calibration_cells import BLOCK_OF_DRIVER, N_SHARED_BLOCKS, SHARED_CELL
from models.hardware.calibration_defaults import PER_VOLT
from models.hardware.synapses import N_DRIVERS
from models.network import STP_DEPRESSION, STP_FACILITATION, STP_OFF, Network, TsodyksMarkram

Floats = NDArray[np.float64]

#: V_stdf [V]: lam = 1.
_STRENGTH: Final = 1.0


def write_plasticity(
    bits: Configuration,
    network: Network,
    hicann: NDArray[np.int16],
    row: NDArray[np.int16],
    projection: NDArray[np.uint16],
    calibration: Calibration,
) -> Floats:
    """Write capacitors and voltages of the drivers with short-term plasticity.

    Parameters
    ----------
    bits : Configuration
        Its tables are changed.
    network : Network
        The projections.
    hicann, row, projection : (n,) int
        Where every realised synapse is, and which projection it belongs to.
    calibration : Calibration
        Gives the time scale.

    Returns
    -------
    (n,) float64
        What to multiply the weight of each synapse with, so that its first pulse is that of Tsodyks and Markram.
    """
    asked = _asked(network)
    factor = np.ones(len(row))
    mode = asked[0][projection].astype(np.int64)
    plastic = np.flatnonzero(mode != STP_OFF)
    if not len(plastic):
        return factor
    mode = mode[plastic]
    utilisation, tau = (table[projection[plastic]] for table in asked[1:])
    at = bits.position[hicann[plastic]].astype(np.int64)
    driver = row[plastic].astype(np.int64) // 2
    cap = _write_caps(bits, at * N_DRIVERS + driver, utilisation)
    block = at * N_SHARED_BLOCKS + BLOCK_OF_DRIVER[driver]
    offset = _write_voltages(bits, block, mode, tau, cap_to_utilisation(cap), calibration)
    strength = np.rint(_STRENGTH * PER_VOLT) / PER_VOLT
    first = np.where(mode == STP_FACILITATION, 1 - strength * offset, 1 + strength * offset)
    factor[plastic] = utilisation / first
    return factor


def _asked(network: Network) -> tuple[NDArray[np.int8], Floats, Floats]:
    """Return mode, utilisation and time constant [ms] of every projection."""
    mode = np.array([p.synapse.stp for p in network.projections], dtype=np.int8)
    pairs = [
        (p.synapse.U, p.synapse.tau_rec + p.synapse.tau_facil) if isinstance(p.synapse, TsodyksMarkram) else (0.0, 0.0)
        for p in network.projections
    ]
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return mode, table[:, 0], table[:, 1]


def _mean(values: Floats, place: NDArray[np.int64]) -> tuple[NDArray[np.int64], Floats]:
    """Return the places that occur, and the mean of the values there."""
    count = np.bincount(place)
    used = np.flatnonzero(count)
    return used, np.bincount(place, weights=values)[used] / count[used]


def _write_caps(bits: Configuration, driver: NDArray[np.int64], utilisation: Floats) -> NDArray[np.uint8]:
    """Set the capacitors; return that of each synapse, (n,)."""
    used, mean = _mean(utilisation, driver)
    bits.driver_stp_cap[used // N_DRIVERS, used % N_DRIVERS] = utilisation_to_cap(mean)
    caps: NDArray[np.uint8] = bits.driver_stp_cap.ravel()[driver]
    return caps


def _write_voltages(
    bits: Configuration,
    block: NDArray[np.int64],
    mode: NDArray[np.int64],
    tau: Floats,
    utilisation: Floats,
    calibration: Calibration,
) -> Floats:
    """Set the voltages of the blocks; return the offset N that each synapse gets, (n,)."""
    shared = bits.fg_shared.reshape(-1, bits.fg_shared.shape[2])
    used, mean = _mean(tau, block)
    shared[used, SHARED_CELL["V_dtc"]] = recovery_to_dac(mean, calibration.scaling)
    strength = np.rint(_STRENGTH * PER_VOLT)
    shared[used, SHARED_CELL["V_stdf"]] = strength
    shared[used, SHARED_CELL["V_dep"]] = 0
    rising = mode == STP_FACILITATION
    ideal = 1 - utilisation / (1 - utilisation)
    if rising.any():
        used, mean = _mean(ideal[rising], block[rising])
        shared[used, SHARED_CELL["V_fac"]] = np.rint(mean * strength)
    column = np.where(mode == STP_DEPRESSION, SHARED_CELL["V_dep"], SHARED_CELL["V_fac"])
    offset: Floats = shared[block, column] / strength
    return offset
