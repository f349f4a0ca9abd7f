"""Manual placement: marocco's python tests, with their errors."""

from itertools import product

import pytest

from mapper.placement import linear
from models.errors import PlacementError
from models.hardware import Defects, Wafer
from models.network import Network, Population

IMPOSSIBLE = "unable to implement manual placement request"


def neurons(*sizes):
    return Network(tuple(Population(f"p{i}", n, "IF_cond_exp") for i, n in enumerate(sizes)))


@pytest.mark.parametrize("views", range(1, 6))
def test_views_on_hicanns(make_problem, run, request_at, views):
    """marocco popview_combinations: consecutive views of a population of 5 on HICANNs 180, 181, ..."""
    for lengths in product(range(1, 6), repeat=views):
        if sum(lengths) > 5:
            continue
        starts = [sum(lengths[:i]) for i in range(views)]
        requests = [
            request_at("p0", range(s, s + n), hicanns=(180 + i,))
            for i, (s, n) in enumerate(zip(starts, lengths, strict=True))
        ]
        placement = run(make_problem(neurons(5), placement=requests), linear).placement
        expected = [180 + i for i, n in enumerate(lengths) for _ in range(n)] + [0] * (5 - sum(lengths))
        assert placement.hicann.tolist() == expected


def test_exact_denmems(make_problem, run, request_at):
    """marocco popview_on_neuron: neuron 0 on block 3 column 3, neuron 2 on block 2 column 4."""
    requests = [
        request_at("p0", [0], neurons=((0, 99, 4),)),
        request_at("p0", [2], neurons=((0, 68, 4),)),
    ]
    placement = run(make_problem(neurons(4), placement=requests), linear).placement
    assert placement.column.tolist() == [99, 0, 68, 2]
    assert placement.sequence.tolist() == [0, 2, 1, 3]


@pytest.mark.parametrize("n", [10, 100, 999])
def test_interleaved_views(make_problem, run, request_at, n):
    """marocco popview_on_hicann: even on 122, odd on 123; of the next population two overlapping-free halves."""
    half = n // 2
    requests = [
        request_at("p0", range(0, n, 2), hicanns=(122,)),
        request_at("p0", range(1, n, 2), hicanns=(123,)),
        request_at("p1", range(1, half), hicanns=(124,)),
        request_at("p1", range(n - 2, half, -1), hicanns=(125,)),
    ]
    problem = make_problem(neurons(n, n), placement=requests)
    if 4 * n // 2 > 512:
        with pytest.raises(PlacementError, match=IMPOSSIBLE):
            run(problem, linear)
        return
    hicann = run(problem, linear).placement.hicann
    assert hicann[:n].tolist() == ([122, 123] * n)[:n]
    assert set(hicann[n + 1 : n + half].tolist()) == {124}
    assert set(hicann[n + half + 1 : 2 * n - 1].tolist()) == {125}
    assert {int(hicann[n]), int(hicann[n + half]), int(hicann[-1])} == {0}


@pytest.mark.parametrize("n", [1, 2, 10])
def test_a_cell_on_two_hicanns(make_problem, run, request_at, n):
    requests = [request_at("p0", [0], hicanns=(123,)), request_at("p0", [0], hicanns=(122,))]
    with pytest.raises(PlacementError, match=rf"^net.yaml:7:3: {IMPOSSIBLE}: p0\[0\] is placed twice$"):
        run(make_problem(neurons(n), placement=requests), linear)


@pytest.mark.parametrize("n", [1, 2, 10, 100, 128, 129, 999])
def test_population_on_one_hicann(make_problem, run, request_at, n):
    problem = make_problem(neurons(n), placement=[request_at("p0", range(n), hicanns=(123,))])
    if 4 * n > 512:
        with pytest.raises(PlacementError, match=f"{IMPOSSIBLE}: no room for {n - 128} of {n} neurons of 4 denmems"):
            run(problem, linear)
        return
    placement = run(problem, linear).placement
    assert (placement.hicann == 123).all()
    assert (placement.width == 2).all()


@pytest.mark.parametrize("n", [1, 2, 10, 16, 17, 999])
def test_population_on_one_block(make_problem, run, request_at, n):
    problem = make_problem(neurons(n), placement=[request_at("p0", range(n), blocks=((0, 3),))])
    if 4 * n > 64:
        with pytest.raises(PlacementError, match=IMPOSSIBLE):
            run(problem, linear)
        return
    assert (run(problem, linear).placement.block == 3).all()


def test_size_only(make_problem, run, request_at):
    requests = [request_at("p1", [0], size=2), request_at("p2", [0], size=6)]
    placement = run(make_problem(neurons(1, 1, 1), placement=requests), linear).placement
    assert (2 * placement.width).tolist() == [4, 2, 6]


def test_size_on_a_hicann(make_problem, run, request_at):
    requests = [request_at("p0", range(8), hicanns=(55,), size=64)]
    assert run(make_problem(neurons(8), placement=requests), linear).placement.block.tolist() == list(range(8))


@pytest.mark.parametrize("n", [1, 3])
def test_as_many_neurons_as_cells(make_problem, run, request_at, n):
    requests = [request_at("p0", range(n), neurons=((0, 99, 4), (0, 107, 4)))]
    with pytest.raises(PlacementError, match="number of logical neurons does not match size of population"):
        run(make_problem(neurons(n), placement=requests), linear)


def test_neurons_follow_the_order_of_the_view(make_problem, run, request_at):
    requests = [request_at("p0", [1, 0], neurons=((0, 99, 4), (0, 107, 4)))]
    assert run(make_problem(neurons(2), placement=requests), linear).placement.column.tolist() == [107, 99]


@pytest.mark.parametrize(("column", "size"), [(31, 4), (0, 3), (0, 66)])
def test_shapes(make_problem, run, request_at, column, size):
    requests = [request_at("p0", [0], neurons=((0, column, size),))]
    with pytest.raises(PlacementError, match="only supports rectangular neurons spanning both rows"):
        run(make_problem(neurons(1), placement=requests), linear)


def test_occupied_and_dead_denmems(make_problem, run, request_at):
    occupied = [request_at("p0", [0, 1], neurons=((4, 9, 4), (4, 10, 4)))]
    with pytest.raises(PlacementError, match=r"specified denmems are occupied .* columns 10..11 of HICANN 4"):
        run(make_problem(neurons(2), placement=occupied), linear)
    wafer = Wafer(Defects.from_components(components={"neurons": [(4, 256 + 10)]}))
    dead = [request_at("p0", [0], neurons=((4, 9, 4),))]
    with pytest.raises(PlacementError, match="marked as defect"):
        run(make_problem(neurons(1), placement=dead, wafer=wafer), linear)


@pytest.mark.parametrize(
    ("where", "what"),
    [({"hicanns": (3,)}, "HICANN"), ({"blocks": ((3, 0),)}, "NeuronBlock"), ({"neurons": ((3, 0, 4),)}, "Neuron")],
)
def test_unavailable(make_problem, run, request_at, where, what):
    problem = make_problem(
        neurons(1), placement=[request_at("p0", [0], **where)], wafer=Wafer(Defects.from_components(hicanns=[3]))
    )
    with pytest.raises(PlacementError, match=f"3: {what} unavailable during manual population placement"):
        run(problem, linear)


def test_all_denmems_dead(make_problem, run, request_at):
    wafer = Wafer(Defects.from_components(components={"neurons": [(3, i) for i in range(512)]}))
    problem = make_problem(neurons(1), placement=[request_at("p0", [0], hicanns=(3,))], wafer=wafer)
    with pytest.raises(PlacementError, match=IMPOSSIBLE):
        run(problem, linear)


def test_several_hicanns_are_filled_by_enum(make_problem, run, request_at):
    problem = make_problem(neurons(130), placement=[request_at("p0", range(130), hicanns=(9, 8))])
    assert run(problem, linear).placement.hicann.tolist() == [8] * 128 + [9] * 2
