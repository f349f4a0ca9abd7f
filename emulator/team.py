"""A run in several threads: each has a part of the neurons and of their synapses; the results are those of one thread.

Between two blocks of steps the threads wait for each other, about once in the smallest delay.  That costs some tens of
microseconds, which pays for networks that take milliseconds for a block: tens of thousands of neurons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emulator.kernels.delivery import most_segments
from emulator.kernels.jit import resolved
from emulator.kernels.tables import Drives, Fanout, Queues, Ring, Sources, Stp, Traces
from emulator.kernels.teamwork import gather, work
from emulator.layout import Layout


@dataclass(slots=True, eq=False)
class _Part:
    """What one thread has: the blocks ``first`` to ``last``, their synapses and drives, and room for its spikes."""

    first: int
    last: int
    ring: Ring
    fan: Fanout
    stp: Stp
    drives: Drives
    slot: NDArray[np.uint64]
    events: NDArray[np.int32]
    times: NDArray[np.float64]
    count: int = 0
    work: Callable[..., Any] | None = None


@dataclass(slots=True, eq=False)
class Team:
    """Threads that do a run together; `advance` continues where it was.

    Attributes
    ----------
    plan, limits
        State of the neurons; whether inputs saturate.
    parts : list of _Part
        One per thread.
    drives, sources, queues, traces : tuples of `emulator.kernels.tables`
    samples : (n_samples, n_traces)
    keys : (2,) uint64
        Of the jitter and of the fast drives.
    pool : ThreadPoolExecutor
        Of one thread less than there are parts.
    """

    plan: Layout
    limits: tuple[int, ...]
    parts: list[_Part]
    drives: Drives
    sources: Sources
    queues: Queues
    traces: Traces
    samples: NDArray[Any]
    keys: NDArray[np.uint64]
    dt: float
    jitter: float
    n_neurons: int
    record_sources: bool
    pool: ThreadPoolExecutor
    sent: tuple[int, NDArray[np.int32], NDArray[np.float64]]
    gather: Callable[..., Any] | None = None

    def advance(self, step: int, end: int, most: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Run from ``step`` to ``end`` in blocks of at most ``most`` steps; return units and times of the spikes."""
        seed = np.uint32(self.keys[1] & np.uint64(0xFFFFFFFF))
        buckets, ordered, n_out = np.empty(most + 2, np.int64), _room(1024), 0
        out = _room(4096)
        while step < end:
            steps = min(most if step > 0 else max(most - 1, 1), end - step)
            self._together(step, steps, seed)
            events = np.concatenate([part.events[: part.count] for part in self.parts])
            times = np.concatenate([part.times[: part.count] for part in self.parts])
            arguments = (
                len(events), events, times, step, steps, self.n_neurons, self.dt, seed, self.drives,
                self.sources, self.queues, self.record_sources, buckets, *ordered, *self.sent[1:], n_out, *out,
            )  # fmt: skip
            if self.gather is None:
                self.gather = resolved(gather, arguments)
            count, *arrays = self.gather(*arguments)
            ordered, self.sent, n_out, out = (arrays[0], arrays[1]), (count, arrays[2], arrays[3]), *_last(arrays)
            step += steps
        return out[0][:n_out], out[1][:n_out]

    def _together(self, step: int, steps: int, seed: np.uint32) -> None:
        """Let every thread do its part of a block, this one the first; what fails in one is raised here."""
        others: list[Future[None]] = [self.pool.submit(self._work, part, step, steps, seed) for part in self.parts[1:]]
        try:
            self._work(self.parts[0], step, steps, seed)
        finally:
            for other in others:
                other.result()

    def _work(self, part: _Part, step: int, steps: int, seed: np.uint32) -> None:
        arguments = (
            self.plan.state, self.plan.adaptive, (0,) * self.plan.receptors, self.limits, part.first, part.last,
            part.ring, step, steps, self.dt, seed, self.keys[0], self.jitter, part.fan, part.stp, part.drives,
            self.traces, self.samples, 0, part.slot, *self.sent, part.events, part.times,
        )  # fmt: skip
        if part.work is None:
            part.work = resolved(work, arguments)
        part.count, part.events, part.times = part.work(*arguments)


def _last(arrays: list[Any]) -> tuple[int, tuple[NDArray[np.int32], NDArray[np.float64]]]:
    return arrays[4], (arrays[5], arrays[6])


def _room(size: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    return np.empty(size, np.int32), np.empty(size, np.float64)


@contextmanager
def team(
    threads: int, plan: Layout, limits: tuple[int, ...], fan: Fanout, stp: Stp, drives: Drives, **rest: Any
) -> Iterator[Team]:
    """Yield a team whose threads end with the block; ``rest`` are further attributes of `Team`."""
    borders = [len(plan.adaptive) * i // threads for i in range(threads + 1)]
    ring, most = plan.ring(threads), max(1, int(most_segments(fan)))
    cuts = zip(pairwise(borders), _fan_parts(fan, borders, ring), _drive_parts(drives, borders, ring), strict=True)
    parts = []
    for i, (blocks, synapses, driven) in enumerate(cuts):
        own_zeros = ring._replace(nothing=ring.nothing + i * (1 << ring.shift))
        own_states = stp._replace(memory=stp.memory.copy())
        parts.append(_Part(*blocks, own_zeros, synapses, own_states, driven, np.empty(most, np.uint64), *_room(1024)))
    with ThreadPoolExecutor(max(1, threads - 1)) as pool:
        yield Team(plan, limits, parts, drives, pool=pool, sent=(0, *_room(1024)), **rest)


def _fan_parts(fan: Fanout, borders: list[int], ring: Ring) -> Iterator[Fanout]:
    """Yield the synapses of each range of blocks; segments keep their numbers, which jitter depends on."""
    segments = len(fan.begin) - 1
    part = np.searchsorted(np.array(borders[1:-1]) * ring.block_stride, fan.target, side="right")
    owner = np.repeat(np.arange(segments), np.diff(fan.begin))
    for number in range(len(borders) - 1):
        mine = np.flatnonzero(part == number)
        begin = np.zeros(segments + 1, dtype=np.int64)
        np.cumsum(np.bincount(owner[mine], minlength=segments), out=begin[1:])
        yield fan._replace(begin=begin, target=fan.target[mine], weight=fan.weight[mine])


def _drive_parts(drives: Drives, borders: list[int], ring: Ring) -> Iterator[Drives]:
    """Yield the drives of each range of blocks; they are sorted by what they drive."""
    edges = np.searchsorted(drives.target, np.array(borders, dtype=np.int64) * ring.block_stride)
    edges[-1] = len(drives.target)
    for first, last in pairwise(edges.tolist()):
        cut = {
            name: np.ascontiguousarray(getattr(drives, name)[first:last])
            for name in ("target", "weight", "law", "start", "stop", "key", "unit")
        }
        yield drives._replace(**cut)
