"""What a blacklisted component takes with it."""

import numpy as np
import pytest

from models.hardware import Defects, Wafer, random_defects
from models.hardware.coordinates import NEIGHBOUR, hicann_at
from models.hardware.layer1 import full_graph, hline, vline

CHIP = hicann_at(18, 7)


def wafer(**components):
    return Wafer(Defects.from_components(components={kind: [(CHIP, i) for i in v] for kind, v in components.items()}))


def lost_edges(whole, rest):
    """Return the edges, as pairs of segments, that a defective wafer lacks."""
    kept = set(zip(rest.a.tolist(), rest.b.tolist(), strict=True))
    return [edge for edge in zip(whole.a.tolist(), whole.b.tolist(), strict=True) if edge not in kept]


@pytest.mark.parametrize(
    ("number", "v", "hop"),
    [(0, 1, (0, 3)), (128, 0, (2, 126)), (130, 4, (2, 2)), (64, 128, (0, 254)), (192, 129, (2, 131))],
)
def test_a_dead_vertical_repeater_cuts_one_hop(number, v, hop):
    direction, after = hop
    other = vline(int(NEIGHBOUR[CHIP, direction]), after)
    cut = lost_edges(full_graph(), wafer(vrepeaters=[number]).graph)
    assert [set(edge) for edge in cut] == [{vline(CHIP, v), other}]


@pytest.mark.parametrize(("h", "direction", "after"), [(20, 3, 18), (21, 1, 23)])
def test_a_dead_horizontal_repeater_cuts_one_hop(h, direction, after):
    other = hline(int(NEIGHBOUR[CHIP, direction]), after)
    cut = lost_edges(full_graph(), wafer(hrepeaters=[h]).graph)
    assert [set(edge) for edge in cut] == [{hline(CHIP, h), other}]


def test_an_absent_hicann_takes_its_lines_and_the_hops_of_its_neighbours():
    gone = Wafer(Defects.from_components(hicanns=[CHIP]))
    cut = lost_edges(full_graph(), gone.graph)
    assert len(cut) == 512 + 2 * 64 + 2 * 256
    assert all(CHIP in (a // 320, b // 320) for a, b in cut)
    assert (~gone.graph.working).sum() == 320
    for table in (gone.denmems, gone.columns, gone.drivers, gone.rows, gone.can_send, gone.can_inject):
        assert not table[CHIP].any()
        assert table.sum() == table.size - table[0].size
    assert gone.dead_synapses(CHIP).all()


@pytest.mark.parametrize(
    ("components", "silent", "closed"),
    [
        ({"dncmergers": [2]}, [2], [2]),
        ({"mergers0": [2]}, [2], [2]),  # tapped by DNC merger 2
        ({"mergers0": [6]}, [], [6]),  # block 7 may still leave on DNC merger 6, but generator 6 is cut off
        ({"mergers1": [0]}, [1], [1]),
        ({"mergers2": [1]}, [5], [5]),
        ({"mergers3": [0]}, [3], [3]),
        ({"mergers1": [1]}, [], [3]),  # between block 3 and DNC merger 3; blocks 0, 1, 4..7 reach it otherwise
        ({"backgroundgenerators": [0]}, [0], [0]),
        ({"backgroundgenerators": [1]}, [], [1]),
        ({"backgroundgenerators": [0, 1]}, [0, 1], [0, 1]),
        ({"backgroundgenerators": [4, 5, 6, 7]}, [4, 5, 6, 7], [4, 5, 6, 7]),
    ],
)
def test_buses_that_cannot_be_driven_or_take_input(components, silent, closed):
    lame = wafer(**components)
    assert np.flatnonzero(~lame.can_send[CHIP]).tolist() == silent
    assert np.flatnonzero(~lame.can_inject[CHIP]).tolist() == closed
    assert lame.can_send.sum() == 384 * 8 - len(silent)  # only on this chip
    assert lame.can_inject.sum() == 384 * 8 - len(closed)


def test_which_generator_can_lock_which_bus():
    reach = [(0, 1, 3), (1, 3), (2, 3), (3,), (4, 5, 3), (5, 3), (6, 5, 3), (7, 6, 5, 3)]
    whole = Wafer().generators[CHIP]
    assert [set(np.flatnonzero(whole[block])) for block in range(8)] == [set(x) for x in reach]
    assert not wafer(backgroundgenerators=[7]).generators[CHIP, 7].any()
    cut = wafer(mergers1=[3]).generators[CHIP]  # Merger1[3] joins blocks 6 and 7 and is tapped by DNC merger 6
    assert [np.flatnonzero(cut[block]).tolist() for block in (6, 7)] == [[], [7]]


@pytest.mark.parametrize("block", range(4))
def test_a_dead_floating_gate_block_kills_its_quarter(block):
    dead = np.flatnonzero(~wafer(fgblocks=[block]).denmems[CHIP])
    first = {0: 0, 1: 128, 2: 256, 3: 384}[block]
    assert dead.tolist() == list(range(first, first + 128))


@pytest.mark.parametrize(("number", "denmem"), [(0, 0), (1, 0), (1023, 511)])
def test_either_dead_synaptic_input_kills_its_denmem(number, denmem):
    assert np.flatnonzero(~wafer(synaptic_inputs=[number]).denmems[CHIP]).tolist() == [denmem]


def test_a_dead_synapse_array_takes_its_rows():
    lame = wafer(synapsearrays=[0])
    assert np.flatnonzero(~lame.rows[CHIP]).tolist() == list(range(224))
    assert lame.usable_drivers_per_side(CHIP) == (56, 56)


def test_recording_outputs_do_not_touch_the_mapping():
    lame, whole = wafer(analogs=[0, 1]), Wafer()
    assert not lame.working("analogs")[CHIP].any()
    for name in ("denmems", "drivers", "rows", "synapse_switches", "segments", "repeaters", "can_send", "can_inject"):
        assert np.array_equal(getattr(lame, name), getattr(whole, name))


def test_one_dead_switch_is_one_dead_switch():
    assert np.flatnonzero(~wafer(synapseswitches=[4711]).synapse_switches[CHIP]).tolist() == [4711]
    assert wafer(synapseswitches=[4711]).drivers.all()  # the driver may still be chained


def test_synapses_have_no_table():
    with pytest.raises(ValueError, match="use dead_synapses"):
        Wafer().working("synapses")


def test_random_defects_compare_and_do_not_change():
    first, again = (random_defects(8, {"vbuses": 0.01, "hicanns": 0.1}) for _ in range(2))
    assert first == again
    assert hash(first) == hash(again)
    assert first != random_defects(9, {"vbuses": 0.01, "hicanns": 0.1})
    assert first != "a wafer"
    assert first == first.union(again)
    assert {Wafer(first), Wafer(again)} == {Wafer(first)}
    assert Defects.none() == Defects.from_components(components={"drivers": []})
    with pytest.raises(ValueError, match="read-only"):
        first.indices("vbuses")[0, 0] = 3


def test_random_defects_do_not_depend_on_the_platform():
    assert len(random_defects(0, {"neurons": 0.0}).indices("neurons")) == 0
    assert len(random_defects(0, {"analogs": 1.0}).indices("analogs")) == 2 * 384
    # raw words of PCG64(SeedSequence([1, crc32(b"defects/mergers3")])) with word >> 11 < floor(0.02 * 2^53)
    frozen = [42, 67, 115, 120, 150, 171, 275, 308]
    assert random_defects(1, {"mergers3": 0.02}).indices("mergers3").tolist() == [[h, 0] for h in frozen]
