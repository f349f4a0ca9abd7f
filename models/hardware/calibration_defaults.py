"""The curves of the ideal chip: calibtic's default transformations.

Source: calibtic ``src/HMF/NeuronCalibration.cpp`` and the tables in its ``data/HMF``.  The two tables with one entry
per DAC (refractory time, synaptic time constant) are given here by some of their points; in between the logarithm is
interpolated, which is within 2 % of the published tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.hardware.calibration_cells import (
    DAC_MAX,
    DENMEM_CELLS,
    FULL_SCALE_CURRENT,
    FULL_SCALE_VOLTAGE,
    LEAK_NAMES,
    SHARED_CELLS,
)
from models.hardware.calibration_curves import (
    CONSTANT,
    NEGATIVE_POWERS,
    ONE_OVER,
    POLYNOMIAL,
    Curve,
    curve,
    lookup,
)

PER_VOLT: Final = DAC_MAX / FULL_SCALE_VOLTAGE
PER_NANOAMPERE: Final = DAC_MAX / FULL_SCALE_CURRENT
#: I_gl with the big capacitor and normal leak as a function of tau_m [s].
_LEAK: Final = (0.0, 3.885e-5, 4.598e-10, -5.597e-16, 2.499e-22)
#: Ratio of the membrane time constants with the big and with the small capacitor.
_BIG_TO_SMALL: Final = 5.0
#: Factor on I_gl: the current mirrors of the leak divide by 27 (slow), 3 (normal), 1 (fast).
_LEAK_FACTOR: Final = {"normal": 1.0, "slow": 9.0, "fast": 1.0 / 3.0}
#: Domain of tau_m [s] by (capacitor, leak).
_LEAK_DOMAIN: Final = {
    ("big", "normal"): (5.41e-7, 4.82e-5), ("big", "slow"): (1.5e-6, 2.0e-4), ("big", "fast"): (4.23e-7, 2.01e-5),
    ("small", "normal"): (1.083e-7, 9.63e-6), ("small", "slow"): (3.0e-7, 7.22e-5),
    ("small", "fast"): (1.0e-7, 4.02e-6),
}  # fmt: skip
#: (DAC, refractory time [s]) of I_pl.
_REFRACTORY: Final = (
    (10, 1.732e-6), (11, 1.580e-6), (12, 1.451e-6), (14, 1.245e-6), (16, 1.087e-6), (18, 9.627e-7), (21, 8.181e-7),
    (25, 6.771e-7), (30, 5.518e-7), (36, 4.458e-7), (43, 3.583e-7), (52, 2.795e-7), (62, 2.183e-7), (74, 1.669e-7),
    (88, 1.266e-7), (104, 9.799e-8), (122, 7.897e-8), (142, 6.589e-8), (156, 5.663e-8), (157, 5.574e-8),
    (183, 5.205e-8), (220, 4.699e-8), (258, 4.305e-8), (307, 3.907e-8), (370, 3.501e-8), (447, 3.103e-8),
    (543, 2.701e-8), (658, 2.300e-8), (724, 2.100e-8), (800, 1.900e-8), (857, 1.770e-8), (1022, 1.490e-8),
)  # fmt: skip
#: (DAC, time constant [s]) of V_syntci and V_syntcx.
_SYNAPTIC: Final = (
    (226, 1.511e-6), (232, 1.421e-6), (240, 1.262e-6), (250, 1.097e-6), (262, 9.374e-7), (275, 8.004e-7),
    (290, 6.767e-7), (306, 5.746e-7), (327, 4.738e-7), (348, 3.995e-7), (366, 3.506e-7), (390, 3.008e-7),
    (425, 2.501e-7), (468, 2.100e-7), (490, 1.950e-7), (531, 1.750e-7), (597, 1.550e-7), (655, 1.450e-7),
    (689, 1.414e-7), (729, 1.380e-7), (779, 1.350e-7), (859, 1.322e-7), (919, 1.310e-7), (1022, 1.2990e-7),
)  # fmt: skip


def leak_name(big: bool, leak: int) -> str:
    """Return the name of the leak curve of a capacitor and a leak mode."""
    return f"I_gl {LEAK_NAMES[leak]} {'big' if big else 'small'}"


def _table(points: tuple[tuple[int, float], ...]) -> Curve:
    dac, value = np.array(points).T
    every = np.arange(dac[0], dac[-1] + 1)
    return lookup(int(dac[0]), np.exp(np.interp(every, dac, np.log(value))))


def _leaks() -> dict[str, Curve]:
    curves = {}
    for (capacitor, leak), domain in _LEAK_DOMAIN.items():
        stretch = 1.0 if capacitor == "big" else 1.0 / _BIG_TO_SMALL
        coefficients = tuple(_LEAK_FACTOR[leak] * c * stretch**i for i, c in enumerate(_LEAK))
        curves[leak_name(capacitor == "big", LEAK_NAMES.index(leak))] = curve(NEGATIVE_POWERS, coefficients, *domain)
    return curves


def _curves() -> dict[str, Curve]:
    voltage = curve(POLYNOMIAL, (0.0, PER_VOLT), 0.0, FULL_SCALE_VOLTAGE)
    current = curve(POLYNOMIAL, (0.0, PER_NANOAMPERE), 0.0, FULL_SCALE_CURRENT)
    curves = {name: current if name.startswith("I_") else voltage for name in DENMEM_CELLS}
    curves |= dict.fromkeys(SHARED_CELLS, voltage) | {f"V_gmax{i}": current for i in range(4)}
    for name, dac in (("I_convi", 1023), ("I_convx", 1023), ("I_intbbi", 511), ("I_intbbx", 511), ("V_syni", 511),
                      ("V_synx", 511), ("I_spikeamp", 1023), ("I_bexp", 1023), ("V_convoffi", 1023),
                      ("V_convoffx", 1023)):  # fmt: skip
        curves[name] = curve(CONSTANT, (float(dac),), 0.0, 0.0)
    curves["E_synx"] = curve(POLYNOMIAL, (-16.0, 614.0), 16.0 / 614.0, (DAC_MAX + 16.0) / 614.0)
    curves["I_gladapt"] = curve(POLYNOMIAL, (-0.2701, 1.06392e8, 2.01736e13), 2.537e-9, 4.958e-6)
    curves["I_radapt"] = curve(ONE_OVER, (-1.222e-3, 782.014, 1.07527e7), 2.93e-6, 3.54e-5)
    curves["I_rexp"] = curve(POLYNOMIAL, (-38.5688, 2.71646e4, 3.7804e6), 1.21e-3, 1.35e-2)
    curves["I_fire"] = curve(POLYNOMIAL, (22.4037, 1.8414e10, -5.7288e16), 3.24e-11, 6.926e-8)
    curves["I_pl"] = _table(_REFRACTORY)
    curves["V_syntci"] = curves["V_syntcx"] = _table(_SYNAPTIC)
    return curves | _leaks()


#: Curve of every cell of an ideal chip in SI units: V, s, S, A (V_gmax and plain currents: nA).  The leak current has
#: one curve per capacitor and mode, see `leak_name`.
IDEAL_CURVES: Final[Mapping[str, Curve]] = MappingProxyType(_curves())

#: Conductance of weight code w [nS] with V_gmax 500 nA and divider 11: a + b w + c w^2 (calibtic
#: SynapseCalibration; from a simulation of the circuit).
IDEAL_CONDUCTANCE: Final[NDArray[np.float64]] = np.array([93.94065, 81.34435, -1.59734])
#: V_gmax [nA] of the four selectors and the divider that each is used with; the first is calibtic's default row
#: calibration, the others those that the executable system specification adds.
IDEAL_RANGES: Final = ((500.0, 11), (550.0, 1), (650.0, 4), (200.0, 15))
#: Utilisation of short-term plasticity with capacitor settings 0 and 7, linear in between (calibtic
#: STPUtilizationCalibration).
STP_UTILISATION: Final = (0.25, 0.40)
#: Recovery rate of short-term plasticity [1/s] = slope DAC + constant, for V_dtc (measured by Billaudelle).
STP_RECOVERY: Final = (1582.0, 1703.0)
