"""What became of every parameter: requested against realised, by population and projection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mapper.translation.cells import CellParameters, Members, cell_parameters, members
from mapper.translation.neurons import Wanted, cell_capacitance, leaks, membrane_ratio, wanted
from models.configuration import Configuration
from models.hardware.calibration import PARAMETERS, Calibration, cap_to_utilisation, dac_to_recovery
from models.hardware.calibration_cells import BLOCK_OF_DENMEM, BLOCK_OF_DRIVER, DAC_MAX, DENMEM_CELL, SHARED_CELL
from models.hardware.calibration_defaults import PER_VOLT
from models.mapping import REALISED, Mapping
from models.network import STP_FACILITATION, STP_OFF, Network, TsodyksMarkram

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ParameterReport:
    """One parameter of one population (or the weight of one projection).

    Attributes
    ----------
    owner, parameter, unit : str
        Name of the population or projection, PyNN name and unit.
    circuits : int
        Denmems (or synapses) that have it.
    requested, realised : (float, float)
        Smallest and largest value.
    saturated : int
        How many of the requests the circuit cannot reach, because they are outside its range.
    largest_error : float
        Largest absolute difference of realised and requested.
    """

    owner: str
    parameter: str
    unit: str
    circuits: int
    requested: tuple[float, float]
    realised: tuple[float, float]
    saturated: int
    largest_error: float

    def __str__(self) -> str:
        ranges = [
            f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}" for low, high in (self.requested, self.realised)
        ]
        share = f", {self.saturated} of {self.circuits} saturate" if self.saturated else ""
        return f"{self.owner}: {self.parameter} {ranges[0]} {self.unit} requested, {ranges[1]} realised{share}"


@dataclass(frozen=True, slots=True)
class TranslationReport:
    """Everything that was translated, populations first."""

    parameters: tuple[ParameterReport, ...]

    @property
    def saturated(self) -> tuple[ParameterReport, ...]:
        """Return the parameters of which some requests are out of range."""
        return tuple(entry for entry in self.parameters if entry.saturated)

    def document(self) -> list[dict[str, Any]]:
        """Return the entries as plain values, for JSON."""
        return [asdict(entry) for entry in self.parameters]

    def of(self, owner: str, parameter: str) -> ParameterReport:
        """Return the report of one parameter.

        Raises
        ------
        KeyError
            If there is none.
        """
        for entry in self.parameters:
            if (entry.owner, entry.parameter) == (owner, parameter):
                return entry
        raise KeyError(f"{owner} has no translated parameter {parameter}")


_UNITS: Final = {
    "v_rest": "mV", "tau_m": "ms", "tau_refrac": "ms", "v_reset": "mV", "v_thresh": "mV", "v_spike": "mV",
    "delta_T": "mV", "a": "nS", "b": "nA", "tau_w": "ms", "tau_syn": "ms", "e_rev": "mV",
}  # fmt: skip


def translation_report(
    network: Network, mapping: Mapping, bits: Configuration, calibration: Calibration
) -> TranslationReport:
    """Return what the analog registers realise of a network.

    Parameters
    ----------
    network, mapping : Network, Mapping
        What is asked for, and where it is.
    bits : Configuration
        The registers.
    calibration : Calibration
        What they mean.
    """
    cells, member = cell_parameters(network), members(mapping.placement)
    found = list(_neurons(network, cells, member, bits, calibration)) if len(member.cell) else []
    return TranslationReport((*found, *_weights(network, mapping, cells, member, bits, calibration)))


def _neurons(
    network: Network, cells: CellParameters, member: Members, bits: Configuration, calibration: Calibration
) -> Iterator[ParameterReport]:
    ratio = membrane_ratio(bits, cells, member)
    merged: dict[tuple[int, str], list[tuple[Floats, Floats, NDArray[np.bool_]]]] = {}
    for want in wanted(cells, member, network.receptor_count):
        realised, saturated = _realised(want, member, bits, calibration, ratio)
        owner = network.population_of[member.cell[want.at]]
        for population in np.unique(owner):
            here = owner == population
            merged.setdefault((int(population), want.name), []).append(
                (want.bio[here], realised[here], saturated[here])
            )
    for (population, name), parts in sorted(merged.items()):
        requested, realised, saturated = (np.concatenate([part[i] for part in parts]) for i in range(3))
        yield _entry(network.populations[population].name, name, _UNITS[name], requested, realised, saturated)


def _realised(
    want: Wanted, member: Members, bits: Configuration, calibration: Calibration, ratio: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return what the registers give of a request, and where it is out of range, both (n,)."""
    hicann, denmem, ratio = member.hicann[want.at], member.denmem[want.at], ratio[want.at]
    at = bits.position[hicann]
    cell, quantity = PARAMETERS[want.parameter]
    hardware = calibration.scaling.to_hardware(quantity, want.bio, ratio)
    if want.parameter == "tau_m":
        realised, saturated = np.empty(len(want.at)), np.zeros(len(want.at), dtype=np.bool_)
        for name, here in leaks(bits, member):
            dac = bits.fg_denmem[at[here], denmem[here], DENMEM_CELL[cell]]
            realised[here] = calibration.dac_to_bio("tau_m", dac, hicann[here], denmem[here], cell=name)
            saturated[here] = _outside(name, hardware[here], hicann[here], denmem[here], calibration)
        return realised, saturated
    circuit = BLOCK_OF_DENMEM[denmem] if want.parameter == "v_reset" else denmem
    table, column = (
        (bits.fg_shared, SHARED_CELL[cell]) if want.parameter == "v_reset" else (bits.fg_denmem, DENMEM_CELL[cell])
    )
    dac = table[at, circuit, column]
    realised = calibration.dac_to_bio(want.parameter, dac, hicann, circuit, ratio)
    off = (want.bio == 0) & (realised == 0)
    return realised, _outside(cell, hardware, hicann, circuit, calibration) & ~off


def _outside(
    cell: str, hardware: Floats, hicann: NDArray[np.int64], circuit: NDArray[Any], calibration: Calibration
) -> NDArray[np.bool_]:
    """Return which values no register can give, by more than the accuracy of the domains, (n,)."""
    clipped = calibration.clipped(cell, hardware, hicann, circuit)
    return ~np.isclose(clipped, hardware, rtol=1e-3, atol=0.0)


def _entry(
    owner: str, name: str, unit: str, requested: Floats, realised: Floats, saturated: NDArray[np.bool_]
) -> ParameterReport:
    return ParameterReport(
        owner,
        name,
        unit,
        len(requested),
        (float(requested.min()), float(requested.max())),
        (float(realised.min()), float(realised.max())),
        int(np.count_nonzero(saturated)),
        float(np.abs(realised - requested).max()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Synapses:
    """Realised synapses: projection, table row, synapse row, first pulse [uS] asked, got, least and most, (n,)."""

    projection: NDArray[np.uint16]
    at: NDArray[np.int64]
    row: NDArray[np.int64]
    asked: Floats
    got: Floats
    least: Floats
    most: Floats


def _weights(
    network: Network,
    mapping: Mapping,
    cells: CellParameters,
    member: Members,
    bits: Configuration,
    calibration: Calibration,
) -> Iterator[ParameterReport]:
    """Yield the weight of every projection and, with STP, utilisation and time constant.

    The weight of a projection with STP is that of its first pulse.
    """
    synapses = _realised_synapses(network, mapping, cells, member, bits, calibration)
    for i, one in enumerate(network.projections):
        here = np.flatnonzero(synapses.projection == i)
        if not len(here):
            continue
        asked, got = synapses.asked[here], synapses.got[here]
        outside = (asked < synapses.least[here]) | (asked > synapses.most[here] * (1 + 1e-9))
        yield _entry(one.name, "weight", "uS", asked, got, outside)
        if isinstance(one.synapse, TsodyksMarkram):
            yield from _plasticity(one.name, one.synapse, synapses.at[here], synapses.row[here], bits, calibration)


def _realised_synapses(
    network: Network,
    mapping: Mapping,
    cells: CellParameters,
    member: Members,
    bits: Configuration,
    calibration: Calibration,
) -> _Synapses:
    real = np.flatnonzero(mapping.synapses.cause == REALISED)
    synapses = network.synapses
    post, projection = synapses.post[real], synapses.projection[real]
    at = bits.position[mapping.placement.hicann[post]].astype(np.int64)
    row = mapping.synapses.row[real].astype(np.int64)
    factor = calibration.scaling.weight_factor(
        cell_capacitance(bits, member, network.n_cells)[post], cells.scalar["cm"][post]
    )
    block = BLOCK_OF_DRIVER[row // 2]
    gmax = bits.fg_shared[at, block, SHARED_CELL["V_gmax0"] + bits.row_gmax[at, row]]
    scale = calibration.row_gain(gmax, bits.row_gmax_div[at, row]) / factor * _first_pulse(bits, at, row, block)
    code = bits.synapse[at, row, mapping.synapses.column[real]] & 15
    here = mapping.placement.hicann[post]
    least, most, got = (
        _conductance(np.broadcast_to(np.asarray(value), row.shape), row, here, calibration) * scale
        for value in (0, 15, code)
    )
    pulse = np.array([p.synapse.U if isinstance(p.synapse, TsodyksMarkram) else 1.0 for p in network.projections])
    asked = synapses.weight[real] * (pulse[projection] if len(pulse) else 1.0)
    return _Synapses(projection, at, row, asked, got, least, most)


def _conductance(code: NDArray[Any], row: NDArray[np.int64], hicann: NDArray[Any], calibration: Calibration) -> Floats:
    """Return the conductance of weight codes in their rows before the gain [nS], (n,)."""
    conductance: Floats = calibration.conductance(np.arange(16))[code]
    for number, curves in calibration.hicanns.items():
        here = np.flatnonzero(hicann == number)
        if curves.conductance is not None and len(here):
            conductance[here] = calibration.conductance(code[here], 1.0, row[here], number)
    return conductance


def _first_pulse(bits: Configuration, at: NDArray[np.int64], row: NDArray[np.int64], block: NDArray[np.int8]) -> Floats:
    """Return the factor of short-term plasticity on the first pulse of every synapse, (n,)."""
    mode = bits.driver_stp[at, row // 2]
    shared = bits.fg_shared[at, block].astype(np.float64) / PER_VOLT
    rest = np.where(mode == STP_FACILITATION, -shared[:, SHARED_CELL["V_fac"]], shared[:, SHARED_CELL["V_dep"]])
    return np.where(mode == STP_OFF, 1.0, 1.0 + rest)


def _plasticity(
    name: str,
    asked: TsodyksMarkram,
    at: NDArray[np.int64],
    row: NDArray[np.int64],
    bits: Configuration,
    calibration: Calibration,
) -> Iterator[ParameterReport]:
    wish = np.full(len(at), asked.U)
    low, high = cap_to_utilisation(np.array([0, 7]))
    got = cap_to_utilisation(bits.driver_stp_cap[at, row // 2])
    yield _entry(name, "U", "1", wish, got, (wish < low) | (wish > high))
    wish = np.full(len(at), asked.tau_rec + asked.tau_facil)
    slowest, fastest = dac_to_recovery(np.array([0, DAC_MAX]), calibration.scaling)
    dac = bits.fg_shared[at, BLOCK_OF_DRIVER[row // 2], SHARED_CELL["V_dtc"]]
    outside = (wish < fastest) | (wish > slowest)
    which = "tau_rec" if asked.tau_rec > 0 else "tau_facil"
    yield _entry(name, which, "ms", wish, dac_to_recovery(dac, calibration.scaling), outside)
