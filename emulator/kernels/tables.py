"""What the compiled loops read and change, as tuples of arrays; times are in steps unless a unit is given."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]


class Ring(NamedTuple):
    """Inputs of the coming steps, one entry per step, neuron and receptor; step t stands in slot t modulo ``slots``.

    Entry ``target`` of a slot is ``values[slot * slot_stride + target]``; blocks of neurons are ``block_stride`` apart,
    and ``nothing`` is where zeros for one block stand.  ``filled`` says for every 2^``shift`` entries, the inputs of a
    block in a slot, whether there are any; it is empty if that is not kept, and then all are read.
    """

    values: Array
    filled: Array
    slots: int
    slot_stride: int
    block_stride: int
    nothing: int
    shift: int


class Fanout(NamedTuple):
    """Synapses by source, cut into segments of one delay and one state of short-term plasticity.

    Attributes
    ----------
    first : (units + 1,) int64
        Segments of a unit.
    begin : (segments + 1,) int64
        Synapses of a segment.
    delay : (segments,) int32
        Delay in steps.
    state : (segments,) int32
        State of short-term plasticity, -1 for none.
    target : (s,) uint16 or uint32
        Entry of the time slot, see `emulator.layout.Layout.input_index`.
    weight : (s,) float32
        What a spike adds to the stored conductance, see `emulator.layout.conductance_scale`.
    """

    first: Array
    begin: Array
    delay: Array
    state: Array
    target: Array
    weight: Array


class Stp(NamedTuple):
    """States of short-term plasticity; times in ms.

    ``memory`` (3 * states,) float64 has the inactive partition I of the driver or Tsodyks and Markram's x, their u,
    and the time of the last spike (negative: none yet); ``row`` (states,) is the row of ``rules`` (rows, 6): mode, U,
    tau_rec, tau_facil, lam, n.
    """

    memory: Array
    row: Array
    rules: Array


class Sources(NamedTuple):
    """Sources that send single spikes, (m,) each; times in ms.

    ``rate`` [1/ms] is 0 where spikes are given, and ``next`` the next spike; ``soonest`` is the earliest of each
    `emulator.kernels.sources.GROUP`.  ``used`` is the number of random words
    used, or the next given spike in ``times``, up to before ``end``.
    """

    rate: Array
    stop: Array
    next: Array
    soonest: Array
    used: Array
    key: Array
    end: Array
    times: Array


class Drives(NamedTuple):
    """Fast Poisson sources with a single synapse, whose spikes are only counted per step, (d,) each.

    They act from step ``start`` until before ``stop``.  ``law`` is a row of ``table`` (laws, 4096) uint8, which holds
    the number of spikes for the upper 12 bits of a random word, 255 where the other 20 bits decide, and of
    ``distribution`` (laws, most) float64, the distribution function times 2^32.
    """

    target: Array
    weight: Array
    law: Array
    table: Array
    distribution: Array
    start: Array
    stop: Array
    key: Array
    unit: Array


class Traces(NamedTuple):
    """Quantities to sample every ``every`` steps: their entries in the state array and, for conductances, the input.

    ``first`` (blocks + 1,) gives the traces of a block; ``slot`` is -1 where no input is to be added.
    """

    first: Array
    state: Array
    slot: Array
    every: int


class Queues(NamedTuple):
    """State of the finite transport; service times in steps, see `emulator.circuits.Transport`.

    Encoder e serves ``units[first_unit[e]:first_unit[e + 1]]``, ordered by request line; bus b is fed by
    ``encoders[first_encoder[b]:first_encoder[b + 1]]``, whose turns are counted from 0; ``next_turn`` is the turn after
    that of an encoder.  ``bus_busy`` counts what waits at a bus, ``bus_newest`` is the latest of it, and ``active`` has
    room for the numbers of all buses.  ``late_unit[:n_late[0]]`` at ``late_time`` have been taken by a link or an FPGA
    and leave it in a later block.  If not ``finite``, nothing waits.
    """

    finite: bool
    encoder: Array
    bus: Array
    first_unit: Array
    units: Array
    first_encoder: Array
    encoders: Array
    next_turn: Array
    pending: Array
    n_pending: Array
    encoder_free: Array
    register: Array
    register_time: Array
    bus_free: Array
    bus_turn: Array
    bus_busy: Array
    bus_newest: Array
    active: Array
    link: Array
    fpga: Array
    link_free: Array
    fpga_free: Array
    late_unit: Array
    late_time: Array
    n_late: Array
    lost: Array
    service: float
    link_service: float
    link_patience: float
    fpga_service: float
    fpga_patience: float
