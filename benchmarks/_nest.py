"""The same circuits in NEST, as an independent check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import nest
import numpy as np
from numpy.typing import NDArray

from emulator.circuits import Circuits
from emulator.kernels.tables import Array


def prepare(circuits: Circuits, *, dt: float, seed: int = 1, tolerance: float = 1e-6) -> Any:
    """Build the circuits in a fresh kernel and return their neurons; time constants of two receptors only."""
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.resolution = dt
    nest.rng_seed = seed
    nest.local_num_threads = 1
    neurons = _neurons(circuits, tolerance)
    sources = _sources(circuits)
    units = np.concatenate([np.asarray(neurons.tolist()), np.asarray(sources)]).astype(np.int64)
    table = circuits.synapses
    delay = np.maximum(np.round(table.delay / dt), 1) * dt
    sign = np.where(table.receptor == 0, 1000.0, -1000.0)
    weight = sign * table.weight
    for row in range(-1, len(circuits.plasticity)):
        chosen = np.flatnonzero(table.stp == row)
        if len(chosen):
            nest.Connect(
                units[table.source[chosen]],
                units[table.target[chosen]],
                "one_to_one",
                _synapse(circuits, row) | {"weight": weight[chosen], "delay": delay[chosen]},
            )
    return neurons


def _neurons(circuits: Circuits, tolerance: float) -> Any:
    p = circuits.neurons
    adaptive = bool(p.adaptive.any())
    values = {
        "C_m": 1e3 * p.cm, "g_L": 1e3 * p.cm / p.tau_m, "E_L": p.v_rest, "V_th": p.v_thresh, "V_reset": p.v_reset,
        "t_ref": p.tau_refrac, "tau_syn_ex": p.tau_syn[:, 0], "tau_syn_in": p.tau_syn[:, 1],
        "E_ex": p.e_rev[:, 0], "E_in": p.e_rev[:, 1], "V_m": p.v_init,
    }  # fmt: skip
    if adaptive:
        values |= {"a": p.a, "b": 1e3 * p.b, "tau_w": p.tau_w, "Delta_T": p.delta_T, "V_peak": p.v_spike}
        values["gsl_error_tol"] = np.full(len(p), tolerance)
    neurons = nest.Create("aeif_cond_exp" if adaptive else "iaf_cond_exp", len(p))
    neurons.set({name: np.asarray(value, dtype=float).tolist() for name, value in values.items()})
    return neurons


def _sources(circuits: Circuits) -> Sequence[int]:
    """Create one parrot per source behind its generator, one step early, since the parrot takes a step."""
    s = circuits.sources
    if not len(s):
        return []
    step = nest.resolution
    fast = np.bincount(circuits.synapses.source, minlength=len(circuits.unit_cell))[len(circuits.neurons) :] == 1
    ids = []
    for j in range(len(s)):
        if np.isnan(s.rate[j]):
            times = np.round(s.times[s.first[j] : s.first[j + 1]] / step) * step
            generator = nest.Create("spike_generator", params={"spike_times": np.maximum(times - step, step)})
        else:
            generator = nest.Create("poisson_generator", params={"rate": s.rate[j], "start": s.start[j]})
        if fast[j] and not np.isnan(s.rate[j]):
            ids.append(generator.tolist()[0])
            continue
        parrot = nest.Create("parrot_neuron")
        nest.Connect(generator, parrot, syn_spec={"delay": step})
        ids += parrot.tolist()
    return ids


def _synapse(circuits: Circuits, row: int) -> dict[str, Any]:
    if row < 0:
        return {"synapse_model": "static_synapse"}
    p = circuits.plasticity
    facil = float(p.tau_facil[row])
    return {
        "synapse_model": "tsodyks2_synapse",
        "U": float(p.U[row]),
        "u": float(p.U[row]),
        "x": 1.0,
        "tau_rec": max(float(p.tau_rec[row]), 1e-9),
        "tau_fac": facil,
    }


def simulate(
    circuits: Circuits,
    duration: float,
    *,
    dt: float,
    seed: int = 1,
    traces: Sequence[str] = (),
    tolerance: float = 1e-6,
) -> tuple[NDArray[np.int64], NDArray[np.float64], dict[str, Array]]:
    """Run NEST; return units and times of the spikes of all neurons, and the traces of neuron 0 (V_m, w, g_ex, g_in).

    Samples stand for the times dt, 2 dt, ..
    """
    neurons = prepare(circuits, dt=dt, seed=seed, tolerance=tolerance)
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    if traces:
        meter = nest.Create("multimeter", params={"interval": dt, "record_from": list(traces)})
        nest.Connect(meter, neurons[0])
    nest.Simulate(duration)
    events = recorder.get("events")
    sampled = meter.get("events") if traces else {}
    return np.asarray(events["senders"]) - 1, np.asarray(events["times"]), {n: np.asarray(sampled[n]) for n in traces}
