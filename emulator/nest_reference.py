"""The reference in NEST: the circuits of `emulator.requested` in an independent simulator (needs ``nest-simulator``).

``iaf_cond_exp`` and ``aeif_cond_exp`` (Gewaltig & Diesmann, Scholarpedia 2007), spikes of neurons only.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import CircuitError, Circuits
from emulator.recording import Losses, Record, Recording


def run_in_nest(
    circuits: Circuits,
    duration: float,
    *,
    dt: float = 0.1,
    seed: int = 0,
    record: Record | None = None,
    precision: str = "float64",
) -> Recording:
    """Simulate circuits in NEST; parameters as those of `emulator.run.run`, of which precision has no effect.

    Delays are rounded to the time step; Poisson trains are NEST's own.

    Raises
    ------
    CircuitError
        If NEST is not installed, the circuits need what its neurons lack (more than two receptors, or both
        adaptive and other neurons), or quantities other than spikes shall be recorded.
    """
    _check(circuits, duration, dt, record)
    os.environ.setdefault("PYNEST_QUIET", "1")  # its greeting goes to standard output
    try:
        nest: Any = importlib.import_module("nest")
    except ImportError as error:
        raise CircuitError("the NEST reference needs nest-simulator: pip install nest-simulator") from error
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.resolution = dt
    nest.rng_seed = seed + 1
    neurons = _neurons(nest, circuits)
    units = np.concatenate([np.asarray(neurons.tolist()), _sources(nest, circuits, dt)]).astype(np.int64)
    _connect(nest, circuits, units, dt)
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    nest.Simulate(np.floor(duration / dt + 0.5) * dt)
    events = recorder.get("events")
    unit = np.asarray(events["senders"], dtype=np.int64) - int(units[0])
    time = np.asarray(events["times"], dtype=np.float64)
    order = np.lexsort((unit, time))
    none = np.zeros(len(circuits.unit_cell), dtype=np.int64)
    return Recording(
        duration,
        dt,
        circuits.neuron_cell,
        circuits.source_cell,
        unit[order].astype(np.int32),
        time[order],
        (),
        np.empty(0),
        Losses(none, none, none, none),
    )


def _check(circuits: Circuits, duration: float, dt: float, record: Record | None) -> None:
    for name, value in (("duration", duration), ("dt", dt)):
        if not (np.isfinite(value) and value > 0):
            raise CircuitError(f"{name} must be positive [ms] (got {value})")
    neurons = circuits.neurons
    if neurons.tau_syn.shape[1] > 2:
        raise CircuitError(f"the NEST reference knows two receptors (got {neurons.tau_syn.shape[1]})")
    if neurons.adaptive.any() and not neurons.adaptive.all():
        raise CircuitError("the NEST reference cannot mix adaptive and other neurons")
    if record is not None and any(len(getattr(record, name)) for name in ("v", "w", "g")):
        raise CircuitError("the NEST reference records spikes only; drop --record or use the reference 'unmapped'")


def _neurons(nest: Any, circuits: Circuits) -> Any:
    p = circuits.neurons
    last = p.tau_syn.shape[1] - 1
    values = {
        "C_m": 1e3 * p.cm, "g_L": 1e3 * p.cm / p.tau_m, "E_L": p.v_rest, "V_th": p.v_thresh, "V_reset": p.v_reset,
        "t_ref": p.tau_refrac, "tau_syn_ex": p.tau_syn[:, 0], "tau_syn_in": p.tau_syn[:, last],
        "E_ex": p.e_rev[:, 0], "E_in": p.e_rev[:, last], "V_m": p.v_init,
    }  # fmt: skip
    adaptive = bool(p.adaptive.any())
    if adaptive:
        peak = np.where(p.exponential, p.v_spike, p.v_thresh)
        values |= {"a": p.a, "b": 1e3 * p.b, "tau_w": p.tau_w, "Delta_T": p.delta_T, "V_peak": peak}
    neurons = nest.Create("aeif_cond_exp" if adaptive else "iaf_cond_exp", len(p))
    neurons.set({name: np.asarray(value, dtype=float).tolist() for name, value in values.items()})
    return neurons


def _sources(nest: Any, circuits: Circuits, dt: float) -> NDArray[np.int64]:
    """Create one parrot per source behind its generator, so that all its targets see the same spikes."""
    s, ids = circuits.sources, []
    for j in range(len(s)):
        if np.isnan(s.rate[j]):
            times = np.round(s.times[s.first[j] : s.first[j + 1]] / dt) * dt
            generator = nest.Create("spike_generator", params={"spike_times": np.maximum(times - dt, dt).tolist()})
        else:
            stop = float(min(s.start[j] + s.duration[j], 1e9))
            generator = nest.Create(
                "poisson_generator", params={"rate": float(s.rate[j]), "start": float(s.start[j]), "stop": stop}
            )
        parrot = nest.Create("parrot_neuron")
        nest.Connect(generator, parrot, syn_spec={"delay": dt})
        ids += parrot.tolist()
    return np.asarray(ids, dtype=np.int64)


def _connect(nest: Any, circuits: Circuits, units: NDArray[np.int64], dt: float) -> None:
    table = circuits.synapses
    delay = np.maximum(np.round(table.delay / dt), 1) * dt
    weight = np.where(table.receptor == 0, 1e3, -1e3) * table.weight
    for row in range(-1, len(circuits.plasticity)):
        chosen = np.flatnonzero(table.stp == row)
        if len(chosen):
            nest.Connect(
                units[table.source[chosen]],
                units[table.target[chosen]],
                "one_to_one",
                _synapse(circuits, row) | {"weight": weight[chosen], "delay": delay[chosen]},
            )


def _synapse(circuits: Circuits, row: int) -> dict[str, Any]:
    if row < 0:
        return {"synapse_model": "static_synapse"}
    p = circuits.plasticity
    u = float(p.U[row])
    return {
        "synapse_model": "tsodyks2_synapse", "U": u, "u": u, "x": 1.0, "tau_rec": max(float(p.tau_rec[row]), 1e-9),
        "tau_fac": float(p.tau_facil[row]),
    }  # fmt: skip
