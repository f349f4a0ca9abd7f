"""Neurons as the engine's state array, and the way back to volts and amperes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from emulator.circuits import NeuronParameters
from emulator.kernels import neurons as k
from emulator.kernels.tables import Ring

_NEVER: Final = 1e30
#: Entries between two time slots, so that the inputs of a block do not all stand in the same lines of the cache.
_PADDING: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """State of all neurons in blocks of 128, see `emulator.kernels.neurons`.

    Attributes
    ----------
    state : (n_blocks * fields * 128,)
        The array itself, in the precision of the run; the run changes it.
    adaptive : (n_blocks,) bool
        Blocks that need the AdEx step.
    receptors : int
        Receptors per neuron: 2 or 4.
    slots : int
        Coming steps whose inputs are kept.
    saturates : bool
        Whether there are limits of the conductances.
    """

    state: NDArray[Any]
    adaptive: NDArray[np.bool_]
    receptors: int
    slots: int
    saturates: bool = False

    @property
    def fields(self) -> int:
        """Fields per block."""
        return _fields(self.receptors, self.saturates)

    @property
    def small(self) -> bool:
        """Whether 16 bits number the inputs of a step; then the steps stand one after the other, else the blocks."""
        return len(self.adaptive) * self._part <= 1 << 16

    @property
    def _part(self) -> int:
        return self.receptors * k.LANES

    def ring(self, readers: int = 1) -> Ring:
        """Return the empty inputs of the coming steps; each of the readers has zeros of its own behind the others."""
        blocks, part, small = len(self.adaptive), self._part, self.small
        strides = (blocks * part + _PADDING, part) if small else (part, self.slots * part)
        size = self.slots * (blocks * part + _PADDING * small)
        values = np.zeros(size + readers * part, dtype=self.state.dtype)
        filled = np.zeros(0 if small else size // part, dtype=np.uint8)
        return Ring(values, filled, self.slots, *strides, size, part.bit_length() - 1)

    def input_index(self, neuron: NDArray[Any], receptor: NDArray[Any]) -> NDArray[np.int64]:
        """Return where in a time slot the input of a neuron's receptor stands, (s,)."""
        block, lane = np.divmod(neuron.astype(np.int64), k.LANES)
        stride = self._part if self.small else self.slots * self._part
        at: NDArray[np.int64] = block * stride + receptor * np.int64(k.LANES) + lane
        return at

    def state_index(self, neuron: NDArray[Any], field: int) -> NDArray[np.int64]:
        """Return where in the state array a field of a neuron stands, (s,)."""
        block, lane = np.divmod(neuron.astype(np.int64), k.LANES)
        at: NDArray[np.int64] = (block * self.fields + field) * k.LANES + lane
        return at


def layout(neurons: NeuronParameters, dt: float, dtype: DTypeLike, slots: int) -> Layout:
    """Return the state array at t = 0.

    Parameters
    ----------
    neurons : NeuronParameters
        n neurons.
    dt : float
        Time step [ms].
    dtype : dtype
        float32 or float64.
    slots : int
        Coming steps whose inputs are kept.
    """
    n = len(neurons)
    receptors = 2 if neurons.tau_syn.shape[1] <= 2 else 4
    blocks = max(1, -(-n // k.LANES))
    saturates = neurons.g_max is not None
    table = np.zeros((_fields(receptors, saturates), blocks * k.LANES))
    table[k.V_SPIKE] = _NEVER
    _fill(table[:, :n], neurons, dt)
    if neurons.g_max is not None:
        for r in range(neurons.tau_syn.shape[1]):
            table[_fields(receptors, False) + r, :n] = neurons.cm / (neurons.g_max[:, r] * dt)
    adaptive = np.zeros(blocks * k.LANES, dtype=np.bool_)
    adaptive[:n] = neurons.adaptive
    state = table.reshape(-1, blocks, k.LANES).swapaxes(0, 1).astype(dtype).ravel()
    return Layout(
        state, np.asarray(adaptive.reshape(blocks, k.LANES).any(axis=1), dtype=np.bool_), receptors, slots, saturates
    )


def _fields(receptors: int, saturates: bool) -> int:
    return k.RECEPTORS + (k.PER_RECEPTOR + saturates) * receptors


def conductance_scale(neurons: NeuronParameters, neuron: NDArray[Any], receptor: Any, dt: float) -> NDArray[Any]:
    """Return what the engine stores for a conductance of 1 uS: its mean over a step times dt / C, (s,)."""
    tau = neurons.tau_syn[neuron, receptor]
    scale: NDArray[Any] = -tau * np.expm1(-dt / tau) / neurons.cm[neuron]
    return scale


def _fill(table: NDArray[np.float64], p: NeuronParameters, dt: float) -> None:
    on, steep = p.adaptive, p.exponential
    tau_w, delta = np.where(on, p.tau_w, 1.0), np.where(steep, p.delta_T, 1.0)
    table[k.V], table[k.V_RESET] = p.v_init - p.v_rest, p.v_reset - p.v_rest
    table[k.LEAK] = dt / p.tau_m
    table[k.V_SPIKE] = np.where(steep, p.v_spike, p.v_thresh) - p.v_rest
    table[k.HOLD] = np.floor(p.tau_refrac / dt + 0.5)
    table[k.V_SOFT], table[k.INV_DELTA] = np.where(steep, p.v_thresh - p.v_rest, 0.0), np.where(steep, 1.0 / delta, 0.0)
    table[k.LEAK_DELTA] = np.where(steep, delta * dt / p.tau_m, 0.0)
    table[k.A] = np.where(on, dt * 1e-3 * p.a / p.cm, 0.0)  # nS / nF = 1e-3 / ms
    table[k.B] = np.where(on, dt * p.b / p.cm, 0.0)  # nA / nF = mV / ms
    table[k.W_RATE] = -np.expm1(-dt / tau_w)
    for r in range(p.tau_syn.shape[1]):
        field, tau = k.RECEPTORS + k.PER_RECEPTOR * r, p.tau_syn[:, r]
        table[field + k.G_DECAY] = np.exp(-dt / tau)
        table[field + k.E_REV] = p.e_rev[:, r] - p.v_rest
