"""Integer program for the rows of one (net, target HICANN) pair, for what the marginal gain does not prove optimal.

Rows with equally many working cells of every neuron are one class, drivers with rows of the same two classes are one
class, and only numbers are decided: without defective cells there is a single class of each.

Variables
    d[q, p]: drivers of class q with STP mode p.
    r[c, p, s]: rows of class c in such drivers whose input side is s.
    h[c, p, s, e, g]: half rows of column parity e in those rows that listen to decoder group g.
    y[n, t, g, p] in [0, synapses]: synapses of neuron n, receptor t, that are served; equal ones are one variable.
Constraints
    (modes) sum over p of d[q, p] <= drivers of class q;
    (sides) sum over s of r[c, p, s] <= sum over q of d[q, p] times the rows of class c in such a driver;
    (groups) sum over g of h[c, p, s, e, g] <= r[c, p, s];
    (served) y[n, t, g, p] <= sum of the cells of n in a half row times h, over the half rows that reach t;
    (better) what is served exceeds what is known.
Objective
    Most synapses served.

Numbers lose nothing: which of the equal rows does what is arbitrary.  Where a half row has more cells of a neuron
than that has synapses of the kind, only so many count: the same integers hold, and the relaxation is sharper.

Source of the rules: halbe RowConfig, SynapseDecoder; marocco ``SynapseTargetMapping`` for receptors and sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.drivers.coupled_packing import Rows as Constraints
from mapper.highs import milp_options

Ints = NDArray[np.int64]
Key = tuple[int, ...]

#: Seconds, and share of the remaining time, that one pair may take.
_MOST_SECONDS = 2.0
_TIME_SHARE = 0.2
#: Most variables and constraints of a program that is tried.
_LARGEST = 20_000


@dataclass(frozen=True, slots=True)
class Pair:
    """What the drivers of a pair are for.

    Attributes
    ----------
    counts : (n, 4, 4, 3) int64
        Synapses by neuron, receptor, decoder group, STP mode.
    target : (n, 2, 2) int64
        Receptor that every neuron's columns of a parity reach through an input side.
    room : (drivers, 2, n, 2) int64
        Working cells by driver, row of the driver, neuron, column parity.
    """

    counts: Ints
    target: Ints
    room: Ints

    def classes(self) -> tuple[Ints, Ints]:
        """Return the room of every row class, (classes, n, 2), and the class of both rows of every driver."""
        n = len(self.counts)
        rooms, index = np.unique(self.room.reshape(-1, 2 * n), axis=0, return_inverse=True)
        return rooms.reshape(-1, n, 2), index.reshape(-1, 2)


def add_modes(rows: Constraints, d: Mapping[Key, int], available: Mapping[Key, int]) -> None:
    """Add (modes): a driver has one STP mode; ``d[class, mode]``, ``available[class]``."""
    for kind, number in available.items():
        rows.add([(j, 1.0) for (*of, _), j in d.items() if tuple(of) == kind], float(number))


def add_sides(rows: Constraints, r: Mapping[Key, int], d: Mapping[Key, int]) -> None:
    """Add (sides): a row has one input side, and its driver's STP mode.

    ``r[row class, mode, side]``, ``d[class of the upper row, class of the lower row, mode]``.
    """
    for kind, mode in sorted({key[:2] for key in r}):
        mine = [(j, 1.0) for key, j in r.items() if key[:2] == (kind, mode)]
        having = [(j, float((a == kind) + (b == kind))) for (a, b, p), j in d.items() if p == mode]
        rows.add(mine + [(j, -number) for j, number in having if number], 0.0)


def add_groups(rows: Constraints, h: Mapping[Key, int], r: Mapping[Key, int]) -> None:
    """Add (groups): a half row listens to one group; ``h[row class, mode, side, parity, group]``."""
    for key, j in r.items():
        for parity in (0, 1):
            mine = [(i, 1.0) for of, i in h.items() if of[:4] == (*key, parity)]
            if mine:
                rows.add([*mine, (j, -1.0)], 0.0)


def add_served(rows: Constraints, y: int, cells: Sequence[tuple[int, int]]) -> None:
    """Add (served): synapses ``y`` need cells; (h, cells of the neuron in such a half row)."""
    rows.add([(y, 1.0), *((j, -float(number)) for j, number in cells)], 0.0)


def add_better(rows: Constraints, y: Mapping[int, int], known: int) -> None:
    """Add (better): more synapses than ``known``; the number of neurons that every y stands for."""
    rows.add([(j, -float(number)) for j, number in y.items()], -float(known + 1))


@dataclass(slots=True)
class Program:
    """The model of a pair: upper bounds and values of all variables, integers first, and the constraints."""

    d: dict[Key, int]
    r: dict[Key, int]
    h: dict[Key, int]
    upper: list[float]
    value: list[float]
    rows: Constraints

    @property
    def integers(self) -> int:
        """Return how many variables are integers."""
        return len(self.d) + len(self.r) + len(self.h)


def program_of(pair: Pair, known: int) -> Program:
    """Return the program that looks for more than ``known`` served synapses."""
    rooms, of_driver = pair.classes()
    available = Counter(tuple(sorted(two)) for two in of_driver.tolist())
    modes = np.flatnonzero(pair.counts.any(axis=(0, 1, 2))).tolist()
    served = _served(pair, rooms, modes)
    keys = sorted({key for _, cells in served for key, _ in cells})
    d = {(*two, p): i for i, (two, p) in enumerate((two, p) for two in sorted(available) for p in modes)}
    r = {key: len(d) + i for i, key in enumerate(sorted({key[:3] for key in keys}))}
    h = {key: len(d) + len(r) + i for i, key in enumerate(keys)}
    upper = [float(available[key[0], key[1]]) for key in d] + [float(of_driver.size)] * (len(r) + len(h))
    value, rows = [0.0] * len(upper), Constraints()
    add_modes(rows, d, available)
    add_sides(rows, r, d)
    add_groups(rows, h, r)
    stands_for: dict[int, int] = {}
    for (count, cells), number in served.items():
        stands_for[len(upper)] = number
        add_served(rows, len(upper), [(h[key], room) for key, room in cells])
        upper.append(float(count))
        value.append(float(number))
    add_better(rows, stands_for, known)
    return Program(d, r, h, upper, value, rows)


def _served(pair: Pair, rooms: Ints, modes: list[int]) -> Counter[tuple[int, tuple[tuple[Key, int], ...]]]:
    """Return how many (neuron, kind) have so many synapses and so many cells by half row."""
    # with one receptor for both sides everywhere, the right side adds nothing
    sides = (0,) if (pair.target[:, :, 0] == pair.target[:, :, 1]).all() else (0, 1)
    found: Counter[tuple[int, tuple[tuple[Key, int], ...]]] = Counter()
    for n, receptor, group, mode in np.argwhere(pair.counts[..., modes] > 0).tolist():
        mode = modes[mode]
        count = int(pair.counts[n, receptor, group, mode])
        cells = tuple(
            ((c, mode, side, parity, group), min(count, int(rooms[c, n, parity])))
            for c in range(len(rooms))
            for side in sides
            for parity in (0, 1)
            if pair.target[n, parity, side] == receptor and rooms[c, n, parity] > 0
        )
        found[count, cells] += 1
    return found


def best_setting(pair: Pair, known: int, context: Context) -> Ints | None:
    """Return the setting of the drivers' rows that serves most synapses, None if more than ``known`` was not found.

    Returns
    -------
    (drivers, 2, 4) int64
        Side, even group, odd group, STP mode of every row, -1 if unused.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csc_array

    program = program_of(pair, known)
    rows, size = program.rows, len(program.upper)
    if size + len(rows.bound) > _LARGEST:
        return None
    options = milp_options(context, _MOST_SECONDS, _TIME_SHARE)
    # what is served is a whole number: less than one synapse below the bound is optimal
    options["mip_rel_gap"] = 0.99 / max(1.0, float(pair.counts.sum()))
    result: Any = milp(
        -np.array(program.value),
        constraints=LinearConstraint(
            csc_array((rows.entry, (rows.row, rows.column)), shape=(len(rows.bound), size)), -np.inf, rows.bound
        ),
        bounds=Bounds(0, np.array(program.upper)),
        integrality=(np.arange(size) < program.integers).astype(np.int64),
        options=options,
    )
    if result.x is None:
        return None
    return _setting(pair, program, np.rint(result.x).astype(np.int64))


def _setting(pair: Pair, program: Program, x: Ints) -> Ints:
    """Return the rows that numbers stand for, in the order of the drivers."""
    _, of_driver = pair.classes()
    setting = np.full((len(of_driver), 2, 4), -1, dtype=np.int64)
    modes = {key: int(x[j]) for key, j in program.d.items()}
    sides = {key: int(x[j]) for key, j in program.r.items()}
    groups = {key: int(x[j]) for key, j in program.h.items()}
    for driver, two in enumerate(of_driver.tolist()):
        mode = _take(modes, tuple(sorted(two)))
        if mode < 0:
            continue
        for which, kind in enumerate(two):
            side = _take(sides, (kind, mode))
            if side >= 0:
                taken = [_take(groups, (kind, mode, side, parity)) for parity in (0, 1)]
                setting[driver, which] = (side, *taken, mode)
    return setting


def _take(left: dict[Key, int], start: Key) -> int:
    """Take one of the numbers whose keys begin so; return the key's last part, -1 if none is left."""
    for key, number in left.items():
        if number > 0 and key[:-1] == start:
            left[key] -= 1
            return key[-1]
    return -1
