"""Floating-gate cells: the 10-bit analog parameters of the denmems and of the blocks that share some of them.

Four blocks of 129 columns: column 0 holds the shared cells, the others those of 128 denmems.  A voltage cell reaches
1.8 V at DAC 1023, a current cell 2.5 uA.

Sources: halbe ``hal/HICANN/FGBlock.h`` (names, default values), calibtic ``HWNeuronParameter`` (constants).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.hardware.synapses import DRIVER_HALF, DRIVER_SIDE

DAC_MAX: Final = 1023
FULL_SCALE_VOLTAGE: Final = 1.8
"""Voltage of a cell at DAC 1023 [V]."""
FULL_SCALE_CURRENT: Final = 2500.0
"""Current of a cell at DAC 1023 [nA]."""

#: Cells that every denmem has, in the order of the tables.
DENMEM_CELLS: Final = (
    "E_l", "E_syni", "E_synx", "I_bexp", "I_convi", "I_convx", "I_fire", "I_gl", "I_gladapt", "I_intbbi", "I_intbbx",
    "I_pl", "I_radapt", "I_rexp", "I_spikeamp", "V_exp", "V_syni", "V_syntci", "V_syntcx", "V_synx", "V_t",
    "V_convoffi", "V_convoffx",
)  # fmt: skip
#: Cells that a block shares, in the order of the tables.
SHARED_CELLS: Final = (
    "V_reset", "int_op_bias", "V_dllres", "V_bout", "V_bexp", "V_fac", "I_breset", "V_dep", "I_bstim", "V_thigh",
    "V_gmax0", "V_gmax1", "V_gmax2", "V_gmax3", "V_tlow", "V_clra", "V_clrc", "V_stdf", "V_m", "V_bstdf", "V_dtc",
    "V_br", "V_ccas",
)  # fmt: skip
DENMEM_CELL: Final[dict[str, int]] = {name: i for i, name in enumerate(DENMEM_CELLS)}
SHARED_CELL: Final[dict[str, int]] = {name: i for i, name in enumerate(SHARED_CELLS)}
N_SHARED_BLOCKS: Final = 4
#: Cells that hold a current although their name begins with V (halbe FGBlock: V_gmax is a current cell).
CURRENT_CELLS: Final = frozenset(
    {name for name in (*DENMEM_CELLS, *SHARED_CELLS) if name.startswith(("I_", "V_gmax"))} | {"int_op_bias"}
)

#: A V_exp of DAC 1023 is beyond the membrane's reach: the exponential term is off.
EXPONENTIAL_OFF: Final = DAC_MAX
#: A current of DAC 0 switches the adaptation (I_gladapt, I_fire) off.
ADAPTATION_OFF: Final = 0

_DENMEM_DEFAULT: Final = {
    "E_l": 300, "E_syni": 100, "E_synx": 570, "I_bexp": 1023, "I_convi": 1023, "I_convx": 1023, "I_gl": 200,
    "I_intbbi": 511, "I_intbbx": 511, "I_pl": 511, "I_radapt": 511, "I_spikeamp": 1023, "V_exp": EXPONENTIAL_OFF,
    "V_syni": 511, "V_syntci": 800, "V_syntcx": 800, "V_synx": 511, "V_t": 500, "V_convoffi": 1023,
    "V_convoffx": 1023,
}  # fmt: skip
_SHARED_DEFAULT: Final = {
    "V_reset": 300, "int_op_bias": 1023, "V_dllres": 200, "V_bout": 1023, "V_bexp": 1023, "I_breset": 1023,
    "I_bstim": 1023, "V_gmax0": 1000, "V_gmax1": 1000, "V_gmax2": 1000, "V_gmax3": 1000, "V_ccas": 800,
}  # fmt: skip


def default_denmem_cells() -> NDArray[np.uint16]:
    """Return the DAC of every denmem cell of a blank chip, (23,)."""
    return np.array([_DENMEM_DEFAULT.get(name, 0) for name in DENMEM_CELLS], dtype=np.uint16)


def default_shared_cells() -> NDArray[np.uint16]:
    """Return the DAC of every shared cell of a blank chip, (23,)."""
    return np.array([_SHARED_DEFAULT.get(name, 0) for name in SHARED_CELLS], dtype=np.uint16)


#: Block of the shared cells (V_gmax, STP voltages) of every driver: 0 top-left, 1 top-right, 2 bottom-left,
#: 3 bottom-right, (224,).
BLOCK_OF_DRIVER: Final[NDArray[np.int8]] = (2 * DRIVER_HALF + DRIVER_SIDE).astype(np.int8)
#: Block of the shared V_reset of every denmem: its place on the quad, 2 row + column % 2, (512,).
BLOCK_OF_DENMEM: Final[NDArray[np.int8]] = (2 * (np.arange(512) // 256) + np.arange(512) % 2).astype(np.int8)

#: Speed of the leak conductance, common to one half of a HICANN (bits fast_I_gl and slow_I_gl).
LEAK_NORMAL: Final = 0
LEAK_SLOW: Final = 1
LEAK_FAST: Final = 2
LEAK_NAMES: Final = ("normal", "slow", "fast")
#: Membrane capacitance of a denmem with the small and with the big capacitor [nF] (calibtic NeuronCalibration).
CAPACITANCE: Final[NDArray[np.float64]] = np.array([0.1642e-3, 2.16456e-3])
