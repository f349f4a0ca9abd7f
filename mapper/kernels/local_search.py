"""Value-aware legalisation of overlapping trees, and the annealed rip-up search on legal ones."""

from __future__ import annotations

import numpy as np

from mapper.kernels.forest import (
    BELOW,
    OWNER,
    PAIR,
    arrive,
    attach,
    begin_move,
    clear_net,
    extend,
    extend_legally,
    promote,
    serve,
    undo_move,
    want_missing,
)
from mapper.kernels.jit import jit

#: Share of the moves that build a net's tree anew instead of extending it.
_REBUILT = 0.03
#: Largest number of targets that a move connects to a tree that it keeps.
_MOST_TARGETS = 3
#: Incomplete nets, besides the victims, that every move tries to extend.
_OTHERS = 4
#: Largest price of a full segment, in units of free segments.
_MOST_PENALTY = 40.0


@jit
def insert_trees(graph, nets, loads, forest, order, start, tree, arrival):
    """Insert trees that may overlap, net after net; where two meet, the branch of larger value stays.

    Parameters
    ----------
    order : (m,) int64
        Nets, most valuable first.
    start : (m + 1,) int64
        ``tree[start[i]:start[i + 1]]`` are the (segment, parent) of net i, parents first.
    arrival : (p,) int32
        Where the trees serve the pairs, -1 for nowhere.
    """
    n = len(graph.hicann)
    value, parent = np.zeros(n, np.int64), np.zeros(n, np.int32)
    stays, path = np.zeros(n, np.bool_), np.zeros(n, np.int32)
    for net in order:
        begin_move(forest)
        pairs = range(nets.first[net], nets.first[net + 1])
        branch = tree[start[net] : start[net + 1]]
        for k in range(len(branch)):
            value[branch[k, 0]] = 0
            parent[branch[k, 0]] = branch[k, 1]
        for pair in pairs:
            if arrival[pair] >= 0:
                value[arrival[pair]] += nets.value[pair]
        for k in range(len(branch) - 1, 0, -1):
            value[branch[k, 1]] += value[branch[k, 0]]
        for k in range(len(branch)):
            s = branch[k, 0]
            free = forest.row[s, OWNER] < 0 or value[s] > forest.row[s, BELOW]
            stays[s] = k == 0 or (free and stays[parent[s]])
        for pair in pairs:
            s = arrival[pair]
            if s < 0 or not stays[s]:
                continue
            length = 0
            while forest.row[s, OWNER] != net:
                path[length] = s
                length += 1
                s = parent[s]
            for k in range(length - 1, -1, -1):
                attach(graph, nets, loads, forest, net, path[k], parent[path[k]])
            arrive(graph, nets, loads, forest, pair, arrival[pair])
    for net in order:
        promote(graph, nets, loads, forest, net)


@jit
def extend_all(graph, nets, loads, forest, scratch, order):
    """Connect what is missing over free segments, net after net."""
    begin_move(forest)
    for net in order:
        extend_legally(graph, nets, loads, forest, scratch, net)


@jit
def anneal(graph, nets, loads, forest, scratch, best, moves, temperature):
    """Make random moves, at a temperature [synapses]; worse forests are accepted with its probability.

    Parameters
    ----------
    best : (n, 5) int32
        Rows of the best forest found; must be that of ``forest`` or better at the call.

    Returns
    -------
    int
        Value lost by ``best``.
    """
    lost = forest.missing.sum()
    fewest = _lost_by(nets, best)
    for _ in range(moves):
        if fewest == 0:
            break
        _move(graph, nets, loads, forest, scratch)
        now = forest.missing.sum()
        if now <= lost or _random(forest) < np.exp((lost - now) / max(temperature, 1e-9)):
            lost = now
            if lost < fewest:
                fewest = lost
                best[:] = forest.row
        else:
            undo_move(graph, nets, loads, forest)
    return fewest


@jit
def _lost_by(nets, row):
    """Return the value of the pairs that rows do not serve."""
    lost = nets.value.sum()
    for s in range(len(row)):
        if row[s, PAIR] >= 0:
            lost -= nets.value[row[s, PAIR]]
    return lost


@jit
def restore(graph, nets, loads, forest, best):
    """Replace the forest by kept rows."""
    begin_move(forest)
    for s in range(len(best)):
        serve(graph, nets, loads, forest, s, -1)
    forest.row[:] = best
    for s in range(len(best)):
        serve(graph, nets, loads, forest, s, 1)


@jit
def _move(graph, nets, loads, forest, scratch):
    """Rebuild or extend an incomplete net through other nets' segments, then give everyone what is free."""
    begin_move(forest)
    net = _incomplete_net(forest)
    limit = 1 + int(_MOST_TARGETS * _random(forest))
    if _random(forest) < _REBUILT:
        clear_net(graph, nets, loads, forest, net)
        limit = len(scratch.found_pair)
    steady = _random(forest) < 0.5
    penalty = _MOST_PENALTY * _random(forest) ** 3
    typical = nets.value.sum() / len(nets.value)
    for s in range(len(scratch.price)):
        price = np.inf
        if graph.open[s]:
            price = 1.0
            if forest.row[s, OWNER] >= 0:
                worth = 1.0 if steady else forest.row[s, BELOW] / typical
                price += penalty * worth * _random(forest)
        scratch.price[s] = price
    _want_some(nets, forest, scratch, net, limit)
    extend(graph, nets, loads, forest, scratch, net, limit)
    want_missing(nets, forest, scratch, net, -1)
    m = len(nets.root)
    first = int(m * _random(forest))
    for k in range(m):
        victim = (first + k) % m
        if forest.victims[victim] == forest.counter[0]:
            promote(graph, nets, loads, forest, victim)
            extend_legally(graph, nets, loads, forest, scratch, victim)
    for _ in range(_OTHERS):
        if forest.missing.sum() == 0:
            break
        extend_legally(graph, nets, loads, forest, scratch, _incomplete_net(forest))


@jit
def _incomplete_net(forest):
    """Return a random net with something missing; there must be one."""
    m = len(forest.missing)
    for _ in range(m):
        net = int(m * _random(forest))
        if forest.missing[net] > 0:
            return net
    return int(np.argmax(forest.missing))


@jit
def _want_some(nets, forest, scratch, net, limit):
    """Want up to ``limit`` random pairs of a net among those that are not served."""
    seen = 0
    chosen = np.empty(limit, np.int64)
    for pair in range(nets.first[net], nets.first[net + 1]):
        if forest.arrival[pair] >= 0 or nets.value[pair] == 0:
            continue
        at = seen if seen < limit else int((seen + 1) * _random(forest))
        seen += 1
        if at < limit:
            chosen[at] = pair
    for k in range(min(seen, limit)):
        pair = chosen[k]
        while len(nets.more) > 0 and pair > nets.first[net] and nets.more[pair - 1] and forest.arrival[pair - 1] < 0:
            pair -= 1
        scratch.wanted[nets.target[pair]] = pair


@jit
def _random(forest):
    """Return a number from [0, 1); the state is a 64-bit linear congruential generator (D. Knuth's MMIX)."""
    forest.counter[2] = forest.counter[2] * 6364136223846793005 + 1442695040888963407
    return ((forest.counter[2] >> 11) & ((1 << 53) - 1)) / (1 << 53)
