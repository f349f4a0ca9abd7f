"""Routes as lines on the wafer."""

from __future__ import annotations

import numpy as np

from mapper.viewer.geometry import driver_place, line_x, line_y, lines_of
from models.hardware.coordinates import X, Y
from models.hardware.layer1 import N_HLINES, N_LINES
from models.mapping import Drivers, Mapping, Merging, Placement, Routing, Rows, SynapseCells


def test_one_route_by_hand():
    # HICANN 174: HLine 38 sends, switch to VLine 12, south to VLine 10 of 210, which feeds driver 3 there
    segment = np.array([174 * 320 + 38, 174 * 320 + 76, 210 * 320 + 74], np.int32)
    parent = np.array([-1, segment[0], segment[1]], np.int32)
    net = np.full(3, 8 * 174 + 3, np.int32)
    one = np.ones(1, np.int16)
    routing = Routing(net, segment, parent, net[:1], 210 * one, segment[2:])
    drivers = Drivers(net[:1], 210 * one, segment[2:], 3 * one, 3 * one, 3 * one)
    none = np.empty(0, np.int16)
    mapping = Mapping(
        Placement(none, none, none, none), Merging.empty(), None, routing, drivers, Rows.empty(),
        SynapseCells(none, none, none),
    )  # fmt: skip
    lines = lines_of(mapping)
    (hop, tap, *own), x, y = lines.points.tolist(), float(X[174]), 2.0 * float(Y[174])
    above, below = (float(line_x(np.array([line]))[0]) for line in (76, 74))
    height = float(line_y(np.array([38]))[0])
    driver = [float(v[0]) for v in driver_place(np.array([3]))]
    border = y + 2
    expected = [
        (hop, [x + above, border, x + below, border]),
        (tap, [x + below, border + driver[1], x + driver[0], border + driver[1]]),
        (own[0], [x + above, y + height, x + 0.5, y + height]),  # from the switch to the sender in the middle
        (own[1], [x + above, y + height, x + above, border]),
        (own[2], [x + below, border, x + below, border + driver[1]]),
    ]
    for found, wanted in expected:
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    np.testing.assert_allclose(
        lines.switch, [[x + above, y + height], [x + below, border + driver[1]]], atol=1e-5
    )  # fmt: skip
    assert (set(lines.net.tolist()), set(lines.switch_net.tolist())) == ({8 * 174 + 3}, {8 * 174 + 3})


def test_lines_stay_on_their_hicanns(case):
    for solution in case.solutions:
        routing, drivers = solution.mapping.routing, solution.mapping.drivers
        lines = lines_of(solution.mapping)
        crossbar = (routing.parent >= 0) & (routing.parent // N_LINES == routing.segment // N_LINES)
        hops = np.count_nonzero(routing.parent >= 0) - np.count_nonzero(crossbar)
        assert len(lines.net) == hops + len(drivers.net) + len(routing.net)
        assert len(lines.switch_net) == np.count_nonzero(crossbar) + len(drivers.net)
        own = lines.points[-len(routing.net) :]
        hicann, line = np.divmod(routing.segment, N_LINES)
        flat = line < N_HLINES
        left, top = X[hicann], 2 * Y[hicann]
        assert (own[:, 0] >= left - 1e-4).all()
        assert (own[:, 2] <= left + 1 + 1e-4).all()
        assert (own[:, 1] >= top - 1e-4).all()
        assert (own[:, 3] <= top + 2 + 1e-4).all()
        assert (own[flat, 1] == own[flat, 3]).all()
        assert (own[~flat, 0] == own[~flat, 2]).all()
