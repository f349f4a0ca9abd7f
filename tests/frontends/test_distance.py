"""Positions, distances and the connectors that look at them."""

from __future__ import annotations

import numpy as np
import pytest

from mapper.frontends import pyhmf as pynn
from mapper.frontends.errors import ValueRejected


def connected(connector, n=20, pre=None, post=None):
    pynn.setup()
    pre = pynn.Population(n, pynn.IF_cond_exp) if pre is None else pre
    return pynn.Projection(pre, pre if post is None else post, connector)


def matrix(projection):
    return ~np.isnan(projection.getWeights(format="array"))


def test_positions_of_structures():
    pynn.setup()
    line = pynn.Population(3, pynn.IF_cond_exp, structure=pynn.Line(dx=2.0, x0=1.0, y=4.0))
    assert line.positions.tolist() == [[1, 3, 5], [4, 4, 4], [0, 0, 0]]
    grid = pynn.Population((2, 3), pynn.IF_cond_exp)
    assert grid.positions.tolist() == [[0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2], [0] * 6]
    cube = pynn.Population(8, pynn.IF_cond_exp, structure=pynn.Grid3D(dz=5.0)).positions
    assert cube[:, 1].tolist() == [0, 0, 5]
    assert cube[:, 6].tolist() == [1, 1, 0]
    mixed = pynn.Population(6, pynn.IF_cond_exp, structure=pynn.Grid2D(2 / 3, fill_order="random")).positions
    assert sorted(map(tuple, mixed.T)) == sorted(map(tuple, grid.positions.T))
    ball = pynn.RandomStructure(pynn.Sphere(2.0), (10.0, 0.0, 0.0), pynn.NumpyRNG(1)).generate_positions(500)
    radius = np.linalg.norm(ball - [[10.0], [0], [0]], axis=0)
    assert 1.9 < radius.max() <= 2.0
    assert np.mean(radius < 2 * 0.5 ** (1 / 3)) == pytest.approx(0.5, abs=0.08)  # half of the volume
    box = pynn.RandomStructure(pynn.Cuboid(2.0, 4.0, 6.0)).generate_positions(500)
    assert (np.abs(box).max(axis=1) <= [1, 2, 3]).all()
    assert grid.nearest((0.9, 1.8, 0.0)).index == 5
    assert grid[4].position.tolist() == [1, 1, 0]
    grid.positions = np.zeros((3, 6))
    assert grid.nearest((5, 5, 5)).index == 0


def test_distances():
    pre, post = np.array([[0.0, 9.0], [0.0, 0.0], [0.0, 0.0]]), np.array([[1.0, 1.0], [2.0, 0.0], [2.0, 0.0]])
    assert pynn.Space().distances(pre, post).tolist() == [3.0, 8.0]
    assert pynn.Space("x").distances(pre, post).tolist() == [1.0, 8.0]
    ring = pynn.Space("x", periodic_boundaries=((0.0, 10.0), None, None))
    assert ring.distances(pre, post).tolist() == [1.0, 2.0]
    assert pynn.Space("x", 2.0, (1.0, 0.0, 0.0)).distances(pre, post).tolist() == [4.0, 5.0]
    with pytest.raises(ValueRejected, match="axes must be"):
        pynn.Space("u").distances(pre, post)


def test_a_certain_distance_gives_certain_connections():
    near = connected(pynn.DistanceDependentProbabilityConnector("d < 2.5", weights="0.01 * exp(-d)"))
    index = np.arange(20)
    d = np.abs(index[:, None] - index)
    np.testing.assert_array_equal(matrix(near), d < 2.5)
    weights = near.getWeights(format="array")
    np.testing.assert_allclose(weights[d < 2.5], 0.01 * np.exp(-d[d < 2.5].astype(float)), rtol=1e-6)
    apart = connected(pynn.DistanceDependentProbabilityConnector("d < 2.5", False, weights=1.0))
    np.testing.assert_array_equal(matrix(apart), (d < 2.5) & (d > 0))
    ring = pynn.Space(periodic_boundaries=((0, 20), None, None))
    around = matrix(connected(pynn.DistanceDependentProbabilityConnector("d == 1", weights=1.0, space=ring)))
    assert around.sum(axis=1).tolist() == [2] * 20


def test_self_connections_of_views_follow_the_cells():
    pynn.setup()
    cells = pynn.Population(6, pynn.IF_cond_exp)
    connector = pynn.DistanceDependentProbabilityConnector("1", False, weights=1.0)
    missing = np.argwhere(~matrix(pynn.Projection(cells[2:], cells, connector)))
    assert missing.tolist() == [[0, 2], [1, 3], [2, 4], [3, 5]]


def test_probability_falls_with_the_distance():
    connector = pynn.DistanceDependentProbabilityConnector("exp(-d / 50)", weights=1.0, rng=pynn.NumpyRNG(3))
    found = matrix(connected(connector, 400))
    d = np.abs(np.arange(400)[:, None] - np.arange(400))
    for low, high in ((0, 20), (50, 70), (150, 200)):
        band = (d >= low) & (d < high)
        assert found[band].mean() == pytest.approx(np.exp(-d[band] / 50).mean(), abs=0.02)
    again = pynn.DistanceDependentProbabilityConnector("exp(-d / 50)", weights=1.0, rng=pynn.NumpyRNG(3))
    np.testing.assert_array_equal(found, matrix(connected(again, 400)))


def test_distances_along_axes():
    pynn.setup()
    grid = pynn.Population((5, 4), pynn.IF_cond_exp)
    rows = pynn.DistanceDependentProbabilityConnector("(d[0] < 0.5) * (d[1] < 1.5)", weights=1.0)
    found = matrix(pynn.Projection(grid, grid, rows))
    x, y = np.divmod(np.arange(20), 4)
    np.testing.assert_array_equal(found, (x[:, None] == x) & (np.abs(y[:, None] - y) < 2))


def test_fixed_number_by_distance():
    connector = pynn.DistanceDependentProbabilityConnector("(d > 0) * exp(-d / 3)", weights=1.0, n_connections=4)
    found = matrix(connected(connector, 60))
    assert found.sum(axis=1).tolist() == [4] * 60
    assert not np.diag(found).any()
    d = np.abs(np.arange(60)[:, None] - np.arange(60))
    assert d[found].mean() < 6
    with pytest.raises(ValueRejected, match="cannot choose 5 post cells for pre cell 0: 3 are possible"):
        connected(pynn.DistanceDependentProbabilityConnector("d < 3", weights=1.0, n_connections=5))


@pytest.mark.parametrize("rewiring", [0.0, 0.5, 1.0])
def test_small_world(rewiring):
    found = matrix(connected(pynn.SmallWorldConnector(3.5, rewiring, False, weights=1.0), 100))
    d = np.abs(np.arange(100)[:, None] - np.arange(100))
    near = (d < 3.5) & (d > 0)
    np.testing.assert_array_equal(found.sum(axis=1), near.sum(axis=1))
    assert not np.diag(found).any()
    assert (found & near).sum() / near.sum() == pytest.approx(1 - rewiring, abs=0.07)


@pytest.mark.parametrize("kind", [pynn.FixedNumberPreConnector, pynn.FixedNumberPostConnector])
def test_number_from_a_distribution(kind):
    numbers = pynn.RandomDistribution("uniform", (1, 8), rng=pynn.NumpyRNG(5))
    found = matrix(connected(kind(numbers, allow_self_connections=False, weights=1.0), 30))
    expected = np.rint(np.random.RandomState(5).uniform(1, 8, 30))
    axis = 0 if kind is pynn.FixedNumberPreConnector else 1
    np.testing.assert_array_equal(found.sum(axis=axis), expected)
    assert not np.diag(found).any()
    with pytest.raises(ValueRejected, match="cannot choose 40 distinct cells out of 30"):
        connected(kind(pynn.RandomDistribution("uniform", (40, 40)), weights=1.0), 30)


def test_connections_from_a_file(tmp_path):
    first = connected(pynn.FixedProbabilityConnector(0.3, weights=0.25, delays=1.5))
    first.saveConnections(tmp_path / "net.txt")
    second = connected(pynn.FromFileConnector(tmp_path / "net.txt"))
    assert second.getConnections() == first.getConnections()
    (tmp_path / "bad.txt").write_text("a b c d\n")
    with pytest.raises(ValueRejected, match="lines must be: pre post weight delay"):
        pynn.FromFileConnector(tmp_path / "bad.txt")


def test_histogram_and_delays(tmp_path):
    projection = connected(pynn.AllToAllConnector(weights=pynn.RandomDistribution("uniform", (0.0, 1.0))))
    counts, borders = projection.weightHistogram(0.0, 1.0, 4)
    assert counts.sum() == 400
    assert borders.tolist() == [0, 0.25, 0.5, 0.75, 1]
    projection.randomizeDelays("1 + d")
    projection.printDelays(tmp_path / "delays.txt", "array")
    assert np.loadtxt(tmp_path / "delays.txt")[0, 3] == 4.0


@pytest.mark.parametrize("wrong", ["nonsense(d)", "d +", "__import__('os')", "d[7]"])
def test_wrong_expressions(wrong):
    with pytest.raises(ValueRejected, match="is no expression of the distance d"):
        connected(pynn.DistanceDependentProbabilityConnector(wrong, weights=1.0))
