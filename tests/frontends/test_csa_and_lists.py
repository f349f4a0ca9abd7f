"""Connection sets of the package csa, delays of lists, and dumps of euter."""

from __future__ import annotations

import logging
import random
import sys

import numpy as np
import pytest

from mapper.frontends import pyhmf as pynn


@pytest.fixture
def sides():
    pynn.setup()
    return pynn.Population(3, pynn.SpikeSourcePoisson), pynn.Population(4, pynn.IF_cond_exp)


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "csa", None)
    with pytest.raises(ImportError, match="CSAConnector needs the package csa: pip install csa") as caught:
        pynn.CSAConnector(None)
    assert "\n" not in str(caught.value)


def test_masks_take_the_weights_that_the_script_gives(sides):
    csa = pytest.importorskip("csa")
    projection = pynn.Projection(*sides, pynn.CSAConnector(csa.oneToOne, weights=0.004))
    expected = np.full((3, 4), np.nan)
    np.fill_diagonal(expected, np.float32(0.004))
    np.testing.assert_array_equal(projection.getWeights(format="array"), expected)
    assert projection.delays is None
    random.seed(5)
    drawn = pynn.Projection(*sides, pynn.CSAConnector(csa.random(0.5), weights=0.004))
    random.seed(5)
    pairs = sorted(csa.cross(range(3), range(4)) * csa.random(0.5))
    assert 0 < len(pairs) < 12
    assert [(i, j) for i, j, *_ in drawn.getConnections()] == pairs


def test_values_of_a_connection_set(sides):
    csa = pytest.importorskip("csa")
    connections = csa.cset(csa.full, lambda i, j: 0.001 * (i + 1), lambda i, j: 1.0 + j)
    projection = pynn.Projection(*sides, pynn.CSAConnector(connections))
    rows, columns = np.mgrid[:3, :4]
    np.testing.assert_allclose(projection.getWeights(format="array"), 0.001 * (rows + 1), rtol=1e-6)
    np.testing.assert_allclose(projection.getDelays(format="array"), 1.0 + columns)
    replaced = pynn.Projection(*sides, pynn.CSAConnector(connections, weights=0.002, delays=2.0))
    assert set(replaced.getDelays()) == {2.0}
    assert set(replaced.getWeights()) == {float(np.float32(0.002))}


def test_what_is_no_connection_set(sides):
    csa = pytest.importorskip("csa")
    with pytest.raises(TypeError, match="a connection set of the package csa is needed"):
        pynn.CSAConnector("all")
    with pytest.raises(ValueError, match="a weight and a delay at most"):
        pynn.CSAConnector(csa.cset(csa.full, 1.0, 1.0, 1.0))


def test_delays_of_a_list_stay_with_their_pairs(sides):
    projection = pynn.Projection(*sides, pynn.FromListConnector([(2, 0, 0.003, 3.0), (0, 1, 0.001, 1.0)]))
    assert projection.getDelays() == [1.0, 3.0]
    assert [(i, j, d) for i, j, _, d in projection.getConnections()] == [(0, 1, 1.0), (2, 0, 3.0)]
    without = pynn.Projection(*sides, pynn.FromListConnector([(2, 0, 0.003), (0, 1, 0.001)]))
    assert without.delays is None


def test_dumps_say_that_they_write_nothing(sides, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    for _ in range(2):
        pynn.dumpAsXml("network.xml")
    pynn.dumpAsBinary("network.bin")
    assert [record.message.partition(" ")[0] for record in caplog.records] == [
        "dumpAsXml('network.xml')",
        "dumpAsBinary('network.bin')",
    ]
    assert "mapper convert" in caplog.text
    assert list(tmp_path.iterdir()) == []
