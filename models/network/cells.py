"""Cell types that the hardware can host, with PyNN's names, units and default values.

Source of the defaults: PyNN 0.7 standard models as pyhmf has them (users know these numbers).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

#: A HICANN neuron distinguishes at most four synaptic time constants (marocco SynapseTargetMapping).
MAX_RECEPTORS: Final = 4

Default = float | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CellType:
    """A kind of cell.

    Attributes
    ----------
    name : str
        PyNN name.
    is_source : bool
        Whether cells only emit spikes (they become external input).
    defaults : mapping
        Parameter defaults in PyNN units: mV, ms, nF, uS, nA, Hz.
    multi_conductance : bool
        Whether the receptors are numbered by the entries of ``tau_syn``.
    """

    name: str
    is_source: bool
    defaults: Mapping[str, Default]
    multi_conductance: bool = False


_LIF: Final[dict[str, Default]] = {
    "cm": 1.0, "tau_m": 20.0, "tau_refrac": 0.1, "tau_syn_E": 5.0, "tau_syn_I": 5.0,
    "e_rev_E": 0.0, "e_rev_I": -70.0, "v_rest": -65.0, "v_reset": -65.0, "v_thresh": -50.0, "i_offset": 0.0,
}  # fmt: skip

_ADEX: Final[dict[str, Default]] = {
    "cm": 0.281, "tau_m": 9.3667, "tau_refrac": 0.1, "tau_syn_E": 5.0, "tau_syn_I": 5.0,
    "e_rev_E": 0.0, "e_rev_I": -80.0, "v_rest": -70.6, "v_reset": -70.6, "v_thresh": -50.4, "i_offset": 0.0,
    "v_spike": -40.0, "delta_T": 2.0, "a": 4.0, "b": 0.0805, "tau_w": 144.0,
}  # fmt: skip


def _multi(single: Mapping[str, Default]) -> dict[str, Default]:
    """Return the defaults of the multi-conductance variant: lists in place of the _E and _I pairs."""
    pairs = {"tau_syn": ("tau_syn_E", "tau_syn_I"), "e_rev": ("e_rev_E", "e_rev_I")}
    kept = {key: value for key, value in single.items() if not key.startswith(tuple(pairs))}
    return kept | {key: tuple(_scalar(single[k]) for k in names) for key, names in pairs.items()}


def _scalar(value: Default) -> float:
    assert isinstance(value, float)
    return value


def _cell(name: str, source: bool, defaults: Mapping[str, Default], multi: bool = False) -> CellType:
    return CellType(name, source, MappingProxyType(dict(defaults)), multi)


CELL_TYPES: Final[Mapping[str, CellType]] = MappingProxyType(
    {
        cell.name: cell
        for cell in (
            _cell("IF_cond_exp", False, _LIF),
            _cell("EIF_cond_exp_isfa_ista", False, _ADEX),
            _cell("IF_multicond_exp", False, _multi(_LIF), True),
            _cell("EIF_multicond_exp_isfa_ista", False, _multi(_ADEX), True),
            _cell("SpikeSourceArray", True, {"spike_times": ()}),
            _cell("SpikeSourcePoisson", True, {"rate": 1.0, "start": 0.0, "duration": 1e10}),
        )
    }
)

#: Parameters whose value for one cell is itself a list.
LIST_PARAMETERS: Final = frozenset({"tau_syn", "e_rev", "spike_times"})


def receptors(cell: str, params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of a cell's receptors; a projection names one of them.

    Parameters
    ----------
    cell : str
        Name in `CELL_TYPES`.
    params : mapping
        The population's parameters; only ``tau_syn`` and ``e_rev`` of the multi-conductance cells matter.

    Raises
    ------
    ValueError
        If ``tau_syn`` and ``e_rev`` differ in length, or there are none or more than four of them.
    """
    kind = CELL_TYPES[cell]
    if kind.is_source:
        return ()
    if not kind.multi_conductance:
        return ("excitatory", "inhibitory")
    n_tau = np.size(params.get("tau_syn", kind.defaults["tau_syn"]))
    n_rev = np.size(params.get("e_rev", kind.defaults["e_rev"]))
    if n_tau != n_rev:
        raise ValueError(f"tau_syn and e_rev must be equally long (got {n_tau} and {n_rev} entries)")
    if not 1 <= n_tau <= MAX_RECEPTORS:
        raise ValueError(f"tau_syn must have 1 to {MAX_RECEPTORS} entries (got {n_tau})")
    return tuple(str(i) for i in range(n_tau))


#: Index of a receptor name in the arrays; the multi-conductance cells number theirs.
RECEPTOR_INDEX: Final[Mapping[str, int]] = MappingProxyType(
    {"excitatory": 0, "inhibitory": 1} | {str(i): i for i in range(MAX_RECEPTORS)}
)
