"""A few cases against NEST; the complete comparison is ``benchmarks/emulator_correctness.py``."""

import numpy as np
import pytest

from emulator.recording import Record
from emulator.run import run

pytest.importorskip("nest")
pytestmark = pytest.mark.filterwarnings("ignore")

DT = 0.01


@pytest.mark.parametrize("adaptive", [False, True])
def test_membrane_and_spike_times(build, lif, adaptive):
    from benchmarks import _nest

    values = lif | {"adaptive": adaptive, "a": 4.0 * adaptive, "b": 0.08 * adaptive, "v_rest": -44.0}
    circuits = build(1, values, trains=[[5.0, 7.0]], synapses=[(1, 0, 0, 0.003, 1.0), (1, 0, 1, 0.004, 1.5)])
    _, times, trace = _nest.simulate(circuits, 200.0, dt=DT, traces=["V_m"], tolerance=1e-10)
    got = run(circuits, 200.0, dt=DT, precision="float64", record=Record(v=[0], sources=False, interval=DT))
    assert len(times) > 3
    assert np.allclose(got.spike_time, times, rtol=1e-3)
    until = int(times[0] / DT) - 20
    ours = got.traces[0].values[1 : until + 1, 0]
    assert np.abs(ours - trace["V_m"][:until]).max() < 1e-3 * np.ptp(ours)
