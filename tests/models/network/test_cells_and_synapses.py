"""Cell types, receptors, synapse types and their weights."""

from __future__ import annotations

import numpy as np
import pytest

from models.network import CELL_TYPES, RECEPTOR_INDEX, Normal, Static, TsodyksMarkram, receptors
from models.network.synapse_types import weights

PRE, POST = np.array([0, 0, 1], dtype=np.uint32), np.array([0, 1, 1], dtype=np.uint32)


def test_the_six_cell_types():
    assert [(name, cell.is_source, cell.multi_conductance) for name, cell in CELL_TYPES.items()] == [
        ("IF_cond_exp", False, False),
        ("EIF_cond_exp_isfa_ista", False, False),
        ("IF_multicond_exp", False, True),
        ("EIF_multicond_exp_isfa_ista", False, True),
        ("SpikeSourceArray", True, False),
        ("SpikeSourcePoisson", True, False),
    ]


def test_defaults_are_those_users_know():
    lif, adex = CELL_TYPES["IF_cond_exp"].defaults, CELL_TYPES["EIF_cond_exp_isfa_ista"].defaults
    assert (lif["cm"], lif["tau_m"], lif["v_thresh"], lif["e_rev_I"]) == (1.0, 20.0, -50.0, -70.0)
    assert (adex["cm"], adex["delta_T"], adex["b"], adex["e_rev_I"]) == (0.281, 2.0, 0.0805, -80.0)
    assert CELL_TYPES["IF_multicond_exp"].defaults["tau_syn"] == (5.0, 5.0)
    assert "tau_syn_E" not in CELL_TYPES["IF_multicond_exp"].defaults
    assert CELL_TYPES["SpikeSourcePoisson"].defaults == {"rate": 1.0, "start": 0.0, "duration": 1e10}


def test_receptors():
    assert receptors("IF_cond_exp", {}) == ("excitatory", "inhibitory")
    assert receptors("SpikeSourceArray", {}) == ()
    three = {"tau_syn": [1.0, 2.0, 3.0], "e_rev": [0.0, 0.0, -80.0]}
    assert receptors("EIF_multicond_exp_isfa_ista", three) == ("0", "1", "2")
    assert [RECEPTOR_INDEX[name] for name in ("excitatory", "inhibitory", "3")] == [0, 1, 3]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"tau_syn": [1.0], "e_rev": [0.0, 1.0]}, r"equally long \(got 1 and 2"),
        ({"tau_syn": [1.0] * 5, "e_rev": [0.0] * 5}, r"1 to 4 entries \(got 5\)"),
        ({"tau_syn": [], "e_rev": []}, r"1 to 4 entries \(got 0\)"),
    ],
)
def test_wrong_receptor_lists(params, message):
    with pytest.raises(ValueError, match=message):
        receptors("IF_multicond_exp", params)


def test_short_term_plasticity_modes():
    assert Static(0.1).stp == 0
    assert TsodyksMarkram(0.1, tau_rec=200.0, tau_facil=0.0).stp == 1
    assert TsodyksMarkram(0.1, tau_rec=0.0, tau_facil=200.0).stp == 2


@pytest.mark.parametrize(("tau_rec", "tau_facil"), [(0.0, 0.0), (100.0, 50.0), (100.0, -1.0)])
def test_other_time_constants_are_refused(tau_rec, tau_facil):
    with pytest.raises(ValueError, match="Unsupported parameters for TsodyksMarkramMechanism"):
        TsodyksMarkram(0.1, tau_rec=tau_rec, tau_facil=tau_facil)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0.5, [0.5, 0.5, 0.5]),
        (np.array([1.0, 2.0, 3.0]), [1.0, 2.0, 3.0]),
        (np.array([[1.0, 2.0, 0.0, 0.0], [3.0, 4.0, 0.0, 0.0]]), [1.0, 2.0, 4.0]),
    ],
)
def test_weights(given, expected):
    assert weights(given, PRE, POST, (2, 4), "p").tolist() == expected


def test_drawn_weights_depend_on_the_projection():
    drawn = [weights(Normal(1.0, 0.1, 3), PRE, POST, (2, 2), name) for name in ("p", "q")]
    assert drawn[0].dtype == np.float32
    assert not np.array_equal(*drawn)


@pytest.mark.parametrize(
    ("given", "message"),
    [(None, "no weight given"), (np.ones(5), r"shape \(3,\) or \(2, 2\) \(got \(5,\)\)")],
)
def test_wrong_weights(given, message):
    with pytest.raises(ValueError, match=message):
        weights(given, PRE, POST, (2, 2), "p")
