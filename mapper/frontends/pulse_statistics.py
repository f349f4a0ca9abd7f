"""``ess_config.pulse_statistics_file``: how many events the run sent and lost on the links and on layer 1."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from emulator.files import replacing
from emulator.recording import Recording
from mapper.frontends.notices import logger


def pulse_statistics(recording: Recording) -> Mapping[str, int]:
    """Return the counters of the executable system specification for a run with finite bandwidth.

    Events to the wafer (``l2_down``) are dropped before the simulation if the FPGA cannot play them back in time, and
    lost on the high-speed link or at a merger; neurons' spikes (``l1_neuron``) are lost at priority encoders and
    mergers; what leaves the wafer (``l2_up``) does so without loss here.
    """
    n, losses = len(recording.neuron_cell), recording.losses
    neurons = int(np.count_nonzero(recording.spike_unit < n))
    given, dropped = len(recording.spike_unit) - neurons, int(losses.fpga[n:].sum())
    arrived = neurons - int(losses.encoder[:n].sum() + losses.merger[:n].sum())
    return {
        "l2_down_before_sim": given,
        "l2_down_dropped_before_sim": dropped,
        "l2_down_sent": given - dropped,
        "l2_down_lost": int(losses.link[n:].sum() + losses.merger[n:].sum() + losses.encoder[n:].sum()),
        "l2_up_sent": arrived,
        "l2_up_lost": 0,
        "l1_neuron_sent": neurons,
        "l1_neuron_lost": neurons - arrived,
    }


def write_pulse_statistics(recording: Recording, path: str | Path) -> None:
    """Write the counters as a Python dictionary, which ``ast.literal_eval`` reads, and log them (LostEventLogger)."""
    counters = dict(pulse_statistics(recording))
    for name, number in counters.items():
        logger("LostEventLogger").info("%s: %d", name, number)
    with replacing(path) as new:
        new.write_text(f"{counters!r}\n", encoding="utf-8")
