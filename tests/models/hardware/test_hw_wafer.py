"""Limits, defects of every component kind, and what a wafer may still use."""

import numpy as np
import pytest

from models.errors import DefectError, LimitError
from models.hardware import COMPONENTS, LIMITS, Defects, Limits, Wafer, random_defects
from models.hardware.coordinates import FPGA_OF, LINK_OF
from models.hardware.mergers import sending_hline
from models.hardware.synapses import SWITCH_ROW, SWITCH_VLINE


def test_every_limit_has_a_unit_a_source_and_a_range():
    assert set(LIMITS) == set(Limits.__slots__)
    for limit in LIMITS.values():
        assert limit.unit
        assert limit.source
        assert limit.meaning
        assert limit.minimum <= limit.default <= limit.maximum
        assert getattr(Limits(), limit.name) == limit.default


@pytest.mark.parametrize(
    "wrong",
    [{"neuron_size": 3}, {"neuron_size": 66}, {"driver_chain_length": 0}, {"driver_chain_length": 57},
     {"sources_per_bus": 60}, {"bandwidth_utilization": 1.1}, {"crossbar_switches_per_hline": 9},
     {"driver_chain_length": 2.5}],
)  # fmt: skip
def test_limits_out_of_range(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(LimitError, match=rf"{name} must be .*got {value}"):
        Limits(**wrong)


def test_capacities():
    assert COMPONENTS["neurons"] * 384 == 196_608
    assert COMPONENTS["synapses"] * 384 == 44_040_192
    assert COMPONENTS["drivers"] * 384 == 86_016
    assert COMPONENTS["synapseswitches"] * 384 == 2_752_512


@pytest.mark.parametrize("kind", COMPONENTS)
def test_every_component_kind_can_be_disabled(kind):
    last = COMPONENTS[kind] - 1
    defects = Defects.from_components(components={kind: [(7, last), (7, last), (3, 0)]})
    assert defects.indices(kind).tolist() == [[3, 0], [7, last]]
    assert bool(defects)
    if kind != "synapses":
        working = Wafer(defects).working(kind)
        assert working.shape == (384, COMPONENTS[kind])
        assert (~working).sum() == 2
        assert not working[7, last]
    with pytest.raises(DefectError, match=rf"{kind}: index must be 0\.\.{last} \(got {last + 1}\)"):
        Defects.from_components(components={kind: [(7, last + 1)]})


def test_unknown_kinds_and_chips():
    with pytest.raises(DefectError, match="unknown component kind 'gremlins'"):
        Defects.from_components(components={"gremlins": [(0, 0)]})
    with pytest.raises(DefectError, match="hicanns: index must be"):
        Defects.from_components(hicanns=[384])
    with pytest.raises(DefectError, match="hslinks: index must be"):
        Defects.from_components(hslinks=[(0, 8)])


def wafer(**components):
    return Wafer(
        Defects.from_components(components={kind: [(5, i) for i in items] for kind, items in components.items()})
    )


def test_a_perfect_wafer():
    whole = Wafer()
    assert not Defects.none()
    for table in (whole.hicanns, whole.denmems, whole.drivers, whole.rows, whole.synapse_switches, whole.segments,
                  whole.repeaters, whole.merger_nodes, whole.can_send, whole.linked):  # fmt: skip
        assert table.all()
    assert whole.usable_drivers_per_side(0) == (112, 112)
    assert not whole.dead_synapses(0).any()


def test_denmems_die_with_their_inputs_and_floating_gates():
    assert (~wafer(neurons=[300]).denmems[5]).nonzero()[0].tolist() == [300]
    assert (~wafer(synaptic_inputs=[601]).denmems[5]).nonzero()[0].tolist() == [300]
    dead = (~wafer(fgblocks=[3]).denmems[5]).nonzero()[0]
    assert dead.tolist() == list(range(384, 512))
    assert (~wafer(neurons=[300]).columns[5]).nonzero()[0].tolist() == [44]


def test_drivers_die_with_their_array_and_rows_with_their_driver():
    assert (~wafer(synapsearrays=[1]).drivers[5]).nonzero()[0].tolist() == list(range(112, 224))
    assert wafer(drivers=[0, 1, 2]).usable_drivers_per_side(5) == (111, 110)
    assert (~wafer(drivers=[10]).rows[5]).nonzero()[0].tolist() == [20, 21]
    assert (~wafer(synapserows=[21]).rows[5]).nonzero()[0].tolist() == [21]
    assert wafer(synapserows=[21]).drivers.all()


def test_dead_synapses():
    dead = wafer(synapses=[256 * 4 + 9], synapserows=[21]).dead_synapses(5)
    assert dead.sum() == 257
    assert dead[4, 9]
    assert dead[21].all()


def test_switch_rows_disable_the_switches_of_one_side():
    dead = np.flatnonzero(~wafer(synapseswitchrows=[2 * 17 + 1]).synapse_switches[5])
    assert len(dead) == 16
    assert set(SWITCH_ROW[dead].tolist()) == {17}
    assert (SWITCH_VLINE[dead] >= 128).all()


@pytest.mark.parametrize(
    "components",
    [{"dncmergers": [2]}, {"hbuses": [sending_hline(2)]}, {"hrepeaters": [sending_hline(2)]}],
)
def test_a_bus_that_cannot_be_driven(components):
    assert np.flatnonzero(~wafer(**components).can_send[5]).tolist() == [2]


def test_a_chip_without_link_is_transit_only():
    fpga, link = int(FPGA_OF[5]), int(LINK_OF[5])
    for defects in (Defects.from_components(hslinks=[(fpga, link)]), Defects.from_components(fpgas=[fpga])):
        lame = Wafer(defects)
        assert lame.hicanns.all()
        assert not lame.linked[5]
        assert not lame.denmems[5].any()
        assert not lame.drivers[5].any()
        assert not lame.can_send[5].any()
        assert lame.segments.all()
    assert Wafer(Defects.from_components(fpgas=[fpga])).linked.sum() == 376


def test_absent_chips_and_regions():
    gone = Wafer(Defects.from_components(hicanns=[5]))
    assert np.flatnonzero(~gone.hicanns).tolist() == [5]
    assert not gone.segments[5 * 320 : 6 * 320].any()
    assert np.flatnonzero(Wafer(region=frozenset({5, 9})).hicanns).tolist() == [5, 9]


def test_union_of_defects():
    both = Defects.from_components(hicanns=[1], components={"drivers": [(0, 1)]}).union(
        Defects.from_components(hicanns=[2], components={"drivers": [(0, 1), (0, 2)], "neurons": [(4, 4)]})
    )
    assert both.hicanns == (1, 2)
    assert both.indices("drivers").tolist() == [[0, 1], [0, 2]]
    assert both.indices("neurons").tolist() == [[4, 4]]


def test_random_defects_are_reproducible_and_kinds_do_not_disturb_each_other():
    first = random_defects(3, {"drivers": 0.02, "hicanns": 0.05})
    again = random_defects(3, {"hicanns": 0.05, "drivers": 0.02, "vbuses": 0.01})
    assert first.hicanns == again.hicanns
    assert np.array_equal(first.indices("drivers"), again.indices("drivers"))
    assert 0.015 < len(first.indices("drivers")) / 86_016 < 0.025
    assert random_defects(4, {"drivers": 0.02}).indices("drivers").tolist() != first.indices("drivers").tolist()
    with pytest.raises(DefectError, match=r"must be 0\.\.1 \(got 1\.5\)"):
        random_defects(0, {"drivers": 1.5})
    with pytest.raises(DefectError, match="unknown component kind 'x'"):
        random_defects(0, {"x": 0.5})
