"""The networks that the emulator is measured with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emulator.circuits import Circuits, SynapseTable
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
    instance = load_instance(library.find("balanced-n2083-k207-s1-d8"))
    network = instance.network
    populations = tuple(
        replace(p, params={"rate": 12.0}) if p.name == "X" else replace(p, params=_BALANCED)
        for p in network.populations
    )
    circuits = requested(replace(network, populations=populations), delay=delay)
    table = circuits.synapses
    weight = np.where(table.receptor == 0, 0.0008, 0.006).astype(np.float32)
    v_init = np.random.default_rng(seed).uniform(-65.0, -50.0, len(circuits.neurons))
    return replace(
        circuits,
        synapses=SynapseTable(
            table.source, table.target, table.receptor, weight, table.delay, table.stp, table.stp_state
        ),
        neurons=replace(circuits.neurons, v_init=v_init),
    )
