"""Coordinates have halco's constructors, ranges and printed forms."""

from __future__ import annotations

import pytest

from mapper.frontends import coordinates as C


def test_hicanns_by_position_and_number():
    # published: (18,7) is 174, (5,5) is 93, 297 is (9,11), 0 is (12,0)
    for x, y, number in ((18, 7, 174), (5, 5, 93), (9, 11, 297), (12, 0, 0)):
        hicann = C.HICANNOnWafer(C.X(x), C.Y(y))
        assert hicann == C.HICANNOnWafer(C.Enum(number))
        assert (hicann.toEnum(), hicann.x(), hicann.y()) == (C.Enum(number), C.X(x), C.Y(y))
        assert str(hicann) == f"HICANNOnWafer(X({x}), Y({y}))"
    assert len(list(C.iter_all(C.HICANNOnWafer))) == 384
    hicann = C.HICANNOnWafer(C.Enum(297))
    assert hicann in hicann.toFPGAOnWafer().toHICANNOnWafer()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: C.HICANNOnWafer(C.X(0), C.Y(0)),
        lambda: C.HICANNOnWafer(C.Enum(384)),
        lambda: C.NeuronOnHICANN(C.X(256), C.top),
        lambda: C.SynapseDriverOnHICANN(224),
        lambda: C.X(-1),
    ],
    ids=["position", "hicann", "denmem", "driver", "negative"],
)
def test_out_of_the_wafer(wrong):
    with pytest.raises(OverflowError):
        wrong()


def test_printed_forms():
    hicann = C.HICANNOnWafer(C.Enum(297))
    assert str(C.HICANNGlobal(hicann, C.Wafer(0))) == "HICANNGlobal(HICANNOnWafer(X(9), Y(11)), Wafer(0))"
    neuron = C.NeuronOnWafer(C.NeuronOnHICANN(C.X(1), C.bottom), hicann)
    assert str(neuron) == "NeuronOnWafer(NeuronOnHICANN(X(1), bottom), HICANNOnWafer(X(9), Y(11)))"


def test_types_do_not_mix():
    assert C.X(3) == 3
    assert C.X(3) != C.Y(3)
    assert len({C.X(3), C.Y(3), C.HICANNOnWafer(C.Enum(3))}) == 3


def test_from_synapse_to_driver():
    synapse = C.SynapseOnHICANN(C.SynapseColumnOnHICANN(7), C.SynapseRowOnHICANN(C.SynapseDriverOnHICANN(100), 1))
    assert synapse.toSynapseRowOnHICANN() == 201
    assert synapse.toSynapseDriverOnHICANN() == 100
    assert synapse.toSynapseRowOnHICANN().toRowOnSynapseDriver() == 1
    assert C.NeuronOnHICANN(C.X(200), C.bottom).toFGBlockOnHICANN() == C.FGBlockOnHICANN(C.X(1), C.Y(1))
