"""The networks that the emulator is measured with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emulator.circuits import Circuits, NeuronParameters, Plasticity, SpikeSources, SynapseTable, Transport
from emulator.requested import requested
from models.instance import library, load_instance
from models.network import (
    FixedNumberPre,
    FixedProbability,
    Network,
    OneToOne,
    Population,
    Projection,
    Static,
)

#: Vogels and Abbott's network as conductance benchmark (Brette et al. 2007, benchmark 1) with its kick replaced by a
#: resting potential above threshold.
_COBA = {
    "cm": 0.2, "tau_m": 20.0, "v_rest": -49.0, "v_thresh": -50.0, "v_reset": -60.0, "tau_refrac": 5.0,
    "tau_syn_E": 5.0, "tau_syn_I": 10.0, "e_rev_E": 0.0, "e_rev_I": -80.0,
}  # fmt: skip
_COBA_ADEX = _COBA | {"a": 4.0, "b": 0.02, "delta_T": 2.0, "tau_w": 144.0, "v_spike": -40.0}
#: Brunel's network with conductances: the same numbers of neurons and synapses, fast synapses of about 0.1 mV.
_BRUNEL = {
    "cm": 0.2, "tau_m": 20.0, "v_rest": -65.0, "v_thresh": -50.0, "v_reset": -60.0, "tau_refrac": 2.0,
    "tau_syn_E": 1.0, "tau_syn_I": 1.0, "e_rev_E": 0.0, "e_rev_I": -80.0,
}  # fmt: skip
_BALANCED = _COBA | {"v_rest": -65.0, "tau_refrac": 2.0}


def coba(adaptive: bool = False, *, delay: float = 0.1, seed: int = 1, neurons: int = 4000) -> Circuits:
    """Return the COBA network: 3200 excitatory and 800 inhibitory neurons, 2 %, about 320,000 synapses."""
    cell, params = ("EIF_cond_exp_isfa_ista", _COBA_ADEX) if adaptive else ("IF_cond_exp", _COBA)
    cells = Population("n", neurons, cell, params)
    border = neurons * 4 // 5
    everyone = (cells.view(),)
    network = Network(
        (cells,),
        (
            Projection("e", (cells.view(0, border),), everyone, "excitatory", FixedProbability(0.02, 1), Static(0.006)),
            Projection("i", (cells.view(border),), everyone, "inhibitory", FixedProbability(0.02, 1), Static(0.067)),
        ),
    )
    v_init = np.random.default_rng(seed).uniform(-60.0, -50.0, neurons)
    return requested(network, delay=delay, v_init=v_init)


def brunel(*, delay: float = 1.5, neurons: int = 10_000, degree: int = 1000, rate: float = 20_000.0) -> Circuits:
    """Return Brunel's network with conductances: 10 million synapses and an independent fast drive per neuron."""
    cells = Population("n", neurons, "IF_cond_exp", _BRUNEL)
    drive = Population("x", neurons, "SpikeSourcePoisson", {"rate": rate})
    border = neurons * 4 // 5
    everyone = (cells.view(),)
    network = Network(
        (cells, drive),
        (
            Projection(
                "e",
                (cells.view(0, border),),
                everyone,
                "excitatory",
                FixedNumberPre(degree * 4 // 5, 1),
                Static(0.0003),
            ),
            Projection(
                "i", (cells.view(border),), everyone, "inhibitory", FixedNumberPre(degree // 5, 2), Static(0.006)
            ),
            Projection("x", (drive.view(),), everyone, "excitatory", OneToOne(), Static(0.0003)),
        ),
    )
    v_init = np.random.default_rng(1).uniform(-65.0, -50.0, neurons)
    return requested(network, delay=delay, v_init=v_init)


def balanced(*, delay: float = 0.6, seed: int = 1) -> Circuits:
    """Return the shipped balanced network of 2083 neurons with weights and a drive that make it fire irregularly."""
    network = load_instance(library.find("balanced-n2083-k207-s1-d8")).network
    populations = tuple(
        replace(p, params={"rate": 12.0}) if p.name == "X" else replace(p, params=_BALANCED)
        for p in network.populations
    )
    return _weighted(requested(replace(network, populations=populations), delay=delay), 0.0008, 0.006, seed)


def column(*, delay: float = 0.6444, seed: int = 1) -> Circuits:
    """Return the shipped cortical column at a tenth of its size, unmapped: 7,717 neurons, 2.85 million synapses.

    The network file has connections only: PyNN's default cells, equal weights and no input; it would be silent.  Here
    the cells are those of the COBA network, a resting potential of -30 mV stands for a background current of 0.35 nA,
    and the conductances are 1 nS (excitatory) and 6 nS (inhibitory).  It fires irregularly at 0.3 to 7 Hz by
    population, 2 Hz in the mean, about as the column of Potjans & Diesmann (2014) does.
    """
    network = load_instance(library.find("column-0.1-s1-d8")).network
    populations = tuple(replace(p, params=_COBA | {"v_rest": -30.0}) for p in network.populations)
    return _weighted(requested(replace(network, populations=populations), delay=delay), 0.001, 0.006, seed)


def wafer(neurons: int = 196_608) -> Circuits:
    """Return a full wafer of unconnected AdEx neurons; one silent synapse sets the shortest delay of the wafer."""
    kind = coba(True, neurons=200).neurons
    names = [name for name in kind.__slots__ if name != "g_max"]
    big = NeuronParameters(**{name: np.repeat(getattr(kind, name)[:1], neurons, axis=0) for name in names})
    none = SpikeSources(np.empty(0), np.empty(0), np.empty(0), np.zeros(1, np.int64), np.empty(0))
    one = np.zeros(1, np.int32)
    table = SynapseTable(
        one, one, one.astype(np.int8), np.zeros(1, np.float32), np.full(1, 0.6444, np.float32), one - 1, one
    )
    cells = np.arange(neurons, dtype=np.int32)
    return Circuits(big, none, table, Plasticity.none(), cells, np.empty(0, np.int32))


def placed() -> Circuits:
    """Return AdEx-COBA as if on 32 chips of 128 neurons: one delay per source and chip, by the length of a route."""
    circuits = coba(True)
    table = circuits.synapses
    distance = 1 + (table.source // 128 + table.target // 128) % 10
    return replace(circuits, synapses=replace(table, delay=(0.6444 + 0.0397 * distance).astype(np.float32)))


def imperfect(circuits: Circuits) -> Circuits:
    """Return `placed` circuits with every imperfection: spreads, 20 % weight noise, jitter, encoders and buses.

    A chip has eight encoders of 16 neurons each; four encoders share a bus.
    """
    n, table, rng = len(circuits.neurons), circuits.synapses, np.random.default_rng(1)
    p = circuits.neurons
    spread = replace(p, tau_m=p.tau_m * rng.uniform(0.8, 1.2, n), v_rest=p.v_rest + rng.normal(0.0, 2.0, n))
    weight = (table.weight * np.maximum(rng.normal(1.0, 0.2, len(table)), 0.0)).astype(np.float32)
    number, none = np.arange(n, dtype=np.int32), np.empty(0, np.int32)
    chip = Transport(number // 16, number % 16, np.arange(-(-n // 16), dtype=np.int32) // 4, none, none)
    return replace(circuits, neurons=spread, synapses=replace(table, weight=weight), transport=chip, jitter=0.1)


def _weighted(circuits: Circuits, excitatory: float, inhibitory: float, seed: int) -> Circuits:
    """Return circuits with one conductance per receptor [uS] and seeded initial potentials."""
    table = circuits.synapses
    weight = np.where(table.receptor == 0, excitatory, inhibitory).astype(np.float32)
    v_init = np.random.default_rng(seed).uniform(-65.0, -50.0, len(circuits.neurons))
    return replace(circuits, synapses=replace(table, weight=weight), neurons=replace(circuits.neurons, v_init=v_init))
