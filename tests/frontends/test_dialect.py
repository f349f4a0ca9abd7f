"""Populations, connectors and projections of the PyNN 0.7 dialect, without any mapping."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from mapper.frontends import pyhmf as pynn
from mapper.frontends import session
from mapper.frontends.building import instance_of, network_of
from mapper.frontends.pymarocco import PyMarocco
from models.network import STP_DEPRESSION


@pytest.fixture
def marocco():
    settings = PyMarocco()
    pynn.setup(marocco=settings)
    return settings


def network():
    return network_of(session.current())


def test_defaults_are_those_of_pyhmf():
    lif = pynn.IF_cond_exp.default_parameters
    assert (lif["cm"], lif["tau_m"], lif["v_thresh"], lif["e_rev_I"]) == (1.0, 20.0, -50.0, -70.0)
    assert pynn.EIF_cond_exp_isfa_ista.default_parameters["tau_w"] == 144.0
    assert pynn.SpikeSourcePoisson.default_parameters == {"rate": 1.0, "start": 0.0, "duration": 1e10}


def test_cells_views_and_assemblies(marocco):
    a, b = pynn.Population(4, pynn.IF_cond_exp, {"tau_m": 15}), pynn.Population((2, 3), pynn.IF_cond_exp, label="b")
    assert [int(cell) for cell in b] == [4, 5, 6, 7, 8, 9]
    assert (len(b), b[-1].index, b.id_to_index(b[2])) == (6, 5, 2)
    view = b[1:5]
    assert [cell.index for cell in view[[0, 2]]] == [1, 3]
    assert [int(cell) for cell in a[np.array([True, False, False, True])] + view] == [0, 3, 5, 6, 7, 8]
    view.set("v_rest", -60.0)
    b.tset("tau_m", np.arange(6) + 10.0)
    assert b.get("v_rest") == [-65.0, -60.0, -60.0, -60.0, -60.0, -65.0]
    parameter = network().populations[1].parameter
    np.testing.assert_array_equal(parameter("tau_m"), np.arange(6) + 10.0)
    np.testing.assert_array_equal(parameter("v_rest"), [-65, -60, -60, -60, -60, -65])
    assert network().populations[0].parameter("tau_m").tolist() == [15.0] * 4


@pytest.mark.parametrize(
    ("connector", "expected"),
    [
        (pynn.AllToAllConnector(weights=1.0), 12),
        (pynn.FixedNumberPreConnector(2, weights=1.0), 8),
        (pynn.FixedNumberPostConnector(2, weights=1.0), 6),
        (pynn.FixedProbabilityConnector(1.0, weights=1.0), 12),
        (pynn.FromListConnector([(2, 0, 0.5, 1.0), (0, 3, 0.25, 1.0)]), 2),
    ],
)
def test_connectors_become_the_networks_synapses(marocco, connector, expected):
    pre, post = pynn.Population(3, pynn.SpikeSourcePoisson), pynn.Population(4, pynn.IF_cond_exp)
    projection = pynn.Projection(pre, post, connector, target="inhibitory")
    matrix = projection.getWeights(format="array")
    assert (matrix.shape, np.count_nonzero(~np.isnan(matrix)), len(projection)) == ((3, 4), expected, expected)
    synapses = network().synapses
    np.testing.assert_allclose(matrix[synapses.pre, synapses.post - 3], synapses.weight)
    assert set(synapses.receptor) == {1}


def test_self_connections_follow_cells_not_indices(marocco):
    neurons = pynn.Population(5, pynn.IF_cond_exp)
    connector = pynn.AllToAllConnector(allow_self_connections=False, weights=1.0)
    projection = pynn.Projection(neurons[1:4], neurons, connector)
    missing = np.argwhere(np.isnan(projection.getWeights(format="array")))
    assert missing.tolist() == [[0, 1], [1, 2], [2, 3]]


def test_weights_as_matrix_list_and_distribution(marocco):
    neurons = pynn.Population(3, pynn.IF_cond_exp)
    matrix = np.arange(9.0).reshape(3, 3) + 1
    projection = pynn.Projection(neurons, neurons, pynn.AllToAllConnector(weights=matrix))
    np.testing.assert_array_equal(projection.getWeights(format="array"), matrix)
    projection.setWeights(np.full(9, 2.0))
    assert projection.getWeights() == [2.0] * 9
    drawn = pynn.RandomDistribution("normal", [1.0, 0.1], rng=pynn.NumpyRNG(7))
    projection.randomizeWeights(drawn)
    expected = np.random.RandomState(7).normal(1.0, 0.1, 9)
    np.testing.assert_allclose(projection.getWeights(), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="must be 0 or more"):
        projection.setWeights(-1.0)


def test_printed_forms(marocco):
    neurons = pynn.Population(50, pynn.IF_cond_exp)
    assert str(neurons) == 'Population(id=0, type=IF_cond_exp, size=50, label="")'
    projection = pynn.Projection(neurons, neurons, pynn.OneToOneConnector(weights=1.0))
    assert str(projection) == "Projection ( PyAssembly (50) -> PyAssembly (50))"


def test_short_term_plasticity(marocco):
    neurons = pynn.Population(2, pynn.IF_cond_exp)
    dynamics = pynn.SynapseDynamics(fast=pynn.TsodyksMarkramMechanism(U=0.3, tau_rec=80.0, tau_facil=0.0))
    pynn.Projection(neurons, neurons, pynn.OneToOneConnector(weights=1.0), synapse_dynamics=dynamics)
    assert network().synapses.stp.tolist() == [STP_DEPRESSION] * 2


def test_what_the_wafer_cannot_do_is_listed_once(marocco, caplog):
    neurons = pynn.Population(2, pynn.IF_cond_exp, {"i_offset": 0.5}, label="driven")
    neurons.initialize("v", -60.0)
    stdp = pynn.SynapseDynamics(slow=pynn.STDPMechanism())
    connector = pynn.OneToOneConnector(weights=1.0, delays=2.0)
    pynn.Projection(neurons, neurons, connector, synapse_dynamics=stdp, label="loop")
    network(), network()
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert "initialize('v')" in warnings[0]
    for part in ("i_offset of", "delays of loop", "STDP of loop"):
        assert part in warnings[1]


def test_inventory_is_logged_at_info(marocco, caplog):
    caplog.set_level(logging.INFO)
    pynn.Population(1, pynn.IF_cond_exp)
    pynn.Population(2, pynn.SpikeSourcePoisson)
    network()
    text = [record.getMessage() for record in caplog.records]
    assert '0th element: Population(id=0, type=IF_cond_exp, size=1, label="")' in text
    assert "source population 1 does not have any targets" in text


def test_setup_after_populations_finds_them_and_warns(caplog):
    pynn.Population(3, pynn.IF_cond_exp)
    marocco = PyMarocco()
    pynn.setup(marocco=marocco)
    assert "setup() was called after 1 populations had been created" in caplog.text
    assert instance_of(session.current(), marocco).network.n_cells == 3
    pynn.setup(marocco=marocco)  # a second one begins a new network
    assert instance_of(session.current(), marocco).network.n_cells == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: pynn.setup(marroco=PyMarocco()), "no argument 'marroco'"),
        (lambda: pynn.setup(marocco=PyMarocco), "must be a PyMarocco object"),
        (lambda: pynn.Population(0, pynn.IF_cond_exp), "at least one cell"),
        (lambda: pynn.Population(1, None), "a cell type is needed"),  # type: ignore[arg-type]
        (lambda: pynn.Population(1, pynn.IF_cond_exp, {"tau": 1}), "no parameter 'tau'"),
        (lambda: pynn.run(-1), "0 or more"),
        (lambda: pynn.connect(), "use Projection"),
    ],
)
def test_wrong_calls_say_what_is_right(marocco, wrong, message):
    with pytest.raises((ValueError, TypeError, NotImplementedError), match=message):
        wrong()


def test_spike_sources_are_no_targets(marocco):
    first, second = pynn.Population(1, pynn.SpikeSourcePoisson), pynn.Population(1, pynn.SpikeSourceArray)
    pynn.Projection(first, second, pynn.AllToAllConnector(weights=1.0), label="relay")
    with pytest.raises(ValueError, match="spike source connected to other spike source: relay"):
        network()


def test_cell_types_that_no_wafer_has(marocco):
    pynn.Population(1, pynn.IF_curr_exp, {"tau_syn_E": 1.0})
    with pytest.raises(NotImplementedError, match="IF_curr_exp cannot be mapped"):
        network()
