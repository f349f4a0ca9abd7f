"""HICANNs by distance: complete, sorted, ties as the original program had them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.inputs.neighbours import Neighbours
from models.hardware.coordinates import X, Y


@settings(max_examples=60, deadline=None)
@given(
    hicanns=st.sets(st.integers(0, 383), min_size=1),
    targets=st.lists(st.integers(0, 383), min_size=1, max_size=9, unique=True),
)
def test_all_hicanns_by_distance(hicanns, targets):
    hicanns, targets = np.array(sorted(hicanns)), np.array(targets, dtype=np.int16)
    found = Neighbours(hicanns).by_distance(targets)
    assert sorted(found.tolist()) == hicanns.tolist()
    distance = (X[found] - X[targets].mean()) ** 2 + (Y[found] - Y[targets].mean()) ** 2
    assert (np.diff(distance) > -1e-9).all()


@pytest.mark.parametrize(("targets", "order"), [([0], [0, 12, 1, 13, 28, 2]), (range(8), [16, 15]), ([1], [1, 13, 2])])
def test_ties_as_in_mappings_by_marocco(targets, order):
    """Orders in which marocco filled HICANNs that had room, on ff-196-100-10, balanced-n500 and ring-10x32."""
    found = Neighbours(np.arange(384)).by_distance(np.array(targets, dtype=np.int16)).tolist()
    assert sorted(order, key=found.index) == order
