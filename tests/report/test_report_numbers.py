"""The numbers of a report against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.report.comparison import compare_runs, counted_seconds, geometric_mean
from mapper.report.curves import (
    anytime,
    loss_at,
    profile,
    reached,
    sparkline,
    time_averaged_excess,
    time_profile,
    time_to_target,
)
from mapper.report.details import statistics_section
from mapper.report.measures import gini
from mapper.report.references import Reference, reference
from mapper.report.reproduce import set_digest
from mapper.report.runs import parse_run
from mapper.report.scales import axis_of
from mapper.report.sections import in_words
from mapper.report.statistics import bootstrap, compare_all, compare_pair, friedman, hodges_lehmann, holm, mean


def nothing(name, digest, synapses):
    return Reference()


@pytest.fixture
def comparison(document):
    table = {("net", "cpsat"): (10, 12, 20), ("net", "marocco"): (30, 30, 30), ("other", "cpsat"): (0, 0, 0)}
    runs = [
        parse_run(document(instance=name, solver=solver, seed=seed, lost=lost))
        for (name, solver), losses in table.items()
        for seed, lost in enumerate(losses)
    ]
    return compare_runs(runs, nothing)


def test_medians_spread_and_excess(comparison):
    cell = comparison.cells["net", "cpsat"]
    assert (cell.loss, cell.least, cell.most, cell.excess, cell.letters) == (12.0, 10.0, 20.0, 2.0, "F")
    assert comparison.best == {"net": 10, "other": 0}
    assert comparison.best_source["net"] == "cpsat, seed 0, this report"


def test_a_pair_that_was_not_run_counts_as_total_loss(comparison):
    missing = comparison.cells["other", "marocco"]
    assert (missing.loss, missing.letters, missing.runs) == (100.0, "-", ())


def test_a_better_known_value_is_the_yardstick(document):
    known = compare_runs([parse_run(document(lost=20))], lambda *_: Reference(5, 4, "a paper"))
    assert (known.best["net"], known.bound["net"], known.best_source["net"]) == (5, 4, "a paper")
    assert known.cells["net", "cpsat"].excess == 15.0


def test_profile_in_points(comparison):
    cpsat, marocco = profile(comparison).series
    assert cpsat.x == (0.0, 2.0, 100.0)
    assert cpsat.y == (50.0, 100.0, 100.0)
    assert dict(zip(marocco.x, marocco.y, strict=True)) == {0.0: 0.0, 20.0: 50.0, 100.0: 100.0}


def test_share_of_runs_that_reach_a_target(comparison):
    (cpsat,) = reached(comparison, 0.1).series  # one of six runs on net loses 10 of 100, three of three on other 0
    assert (cpsat.label, cpsat.x[-1], cpsat.y) == ("cpsat", 1.5, (0.0, *(100 * i / 6 for i in range(1, 5))))
    assert len(reached(comparison, 25.0).series) == 2


def test_loss_over_time_and_its_average(document):
    run = parse_run(document(lost=20))  # 100 % until 0.5 s, 30 % until 1.5 s, then 20 %
    assert loss_at(run, np.array([0.1, 0.5, 1.0, 1.5, 9.0])).tolist() == [100.0, 30.0, 30.0, 20.0, 20.0]
    assert time_averaged_excess(run, 20, 3.0) == pytest.approx((50 + 30 + 30) / 3 - 20)
    assert (time_to_target(run, 20, 0.0), time_to_target(run, 20, 10.0), time_to_target(run, 19, 0.0)) == (
        1.5,
        0.5,
        None,
    )


def test_profile_of_times_to_a_target(document):
    # cpsat gets there in 1.5 s on both, marocco on net in 3 s with one of two seeds, on other never
    def run(instance, solver, seed, timeline, lost=20):
        return parse_run(document(instance=instance, solver=solver, seed=seed, lost=lost) | {"timeline": timeline})

    runs = [run(name, "cpsat", seed, [[0.5, 30, 0], [1.5, 20, 0]]) for name in ("net", "other") for seed in (0, 1)]
    runs += [run("net", "marocco", 0, [[3.0, 20, 0]]), run("net", "marocco", 1, [[1.0, 50, 0]], 50)]
    runs += [run("other", "marocco", seed, [[0.1, 60, 0]], 60) for seed in (0, 1)]
    cpsat, marocco = time_profile(compare_runs(runs, nothing), 0.0).series
    assert (cpsat.x, cpsat.y) == ((1.0, 2.0), (100.0, 100.0))
    assert (marocco.x, marocco.y) == ((1.0, 2.0), (0.0, 50.0))
    assert time_profile(compare_runs(runs[:4], nothing), 0.0) is None


def test_the_bound_of_an_anytime_curve_rises_when_it_is_proven(document):
    chart = anytime(compare_runs([parse_run(document(lost=20))], nothing), "net")
    bound = next(series for series in chart.series if series.label == "proven bound")
    assert {y for x, y in zip(bound.x, bound.y, strict=True) if x < 1.5} == {0.0}
    assert {y for x, y in zip(bound.x, bound.y, strict=True) if x >= 1.5} == {1.0}
    assert chart.marks == ((0.1, "placement"), (0.4, "routing"))
    assert chart.top == pytest.approx(1.3 * 30)


def test_an_anytime_curve_begins_at_the_power_of_ten_before_the_first_event(document):
    for begins, first in ((0.48, 0.1), (0.05, 0.01), (0.0, 0.01), (20.0, 10.0)):
        content = {"stages": [[begins, "placement"]], "timeline": [[begins + 1.0, 20, 0]], "seconds": 30.0}
        chart = anytime(compare_runs([parse_run(document() | content)], nothing), "net")
        assert (chart.series[0].x[0], chart.series[0].x[-1]) == (pytest.approx(first), pytest.approx(30.0))


def test_stages_close_together_share_a_mark(document):
    stages = [[0.48, "placement"], [0.49, "merging"], [0.5, "routing"], [0.75, "rows"], [9.0, "improvement"]]
    chart = anytime(compare_runs([parse_run(document() | {"stages": stages})], nothing), "net")
    assert chart.marks == ((0.48, "placement to routing"), (0.75, "rows"))


def test_bars_of_the_terminal(document):
    runs = [parse_run(document(lost=0) | {"timeline": [[0.02, 25, 0], [5.0, 0, 0]], "seconds": 5.0})]
    bars = sparkline(compare_runs(runs, nothing), "cpsat", 4)
    assert bars == "\u2588\u2584\u2584_"  # everything, a quarter (half of the bar), a quarter, nothing
    assert sparkline(compare_runs([parse_run(document() | {"timeline": []})], nothing), "cpsat") == ""


def test_the_spread_over_seeds_is_an_interval(comparison):
    (table,) = [b for b in statistics_section(comparison, 0).blocks if getattr(b, "name", "") == "seeds"]
    ((name, solver, seeds, middle, interval, least, most),) = table.rows
    assert (name.text, solver.text, seeds.key, middle.key, least.key, most.key) == ("net", "cpsat", 3, 12, 10, 20)
    low, high = map(float, interval.text.strip("[]").split(","))
    assert (low, high) == (10.0, 20.0)


def test_the_digest_of_the_set_depends_on_its_instances_only(document):
    def digest(*runs):
        return set_digest(compare_runs([parse_run(document(instance=n, seed=s)) for n, s in runs], nothing))

    assert digest(("a", 0), ("b", 0)) == digest(("b", 0), ("a", 3), ("a", 0)) != digest(("a", 0))


def test_the_report_in_words(comparison):
    (text,) = in_words(comparison, "marocco")
    assert "2 solvers mapped 2 networks" in text
    assert "cpsat loses least, 6.00 % of the synapses in the median over 2 networks." in text
    assert (
        "cpsat loses less than marocco on 2, the same on 0 and more on 0 of 2 (mean difference -59.000 points)" in text
    )
    assert "Pairs of network and solver that were not run: 1;" in text


def test_one_solver_on_one_network_in_words(document):
    (text,) = in_words(compare_runs([parse_run(document(lost=20))], nothing), "cpsat")
    assert text.startswith("1 solver mapped 1 network onto the wafer.")
    assert "cpsat loses 20.00 % of the synapses in the median over 1 network." in text


def test_shifted_geometric_mean():
    assert geometric_mean([0.0, 30.0]) == pytest.approx(math.sqrt(10 * 40) - 10)
    assert math.isnan(geometric_mean([]))


def test_a_run_without_a_mapping_takes_its_whole_time(document):
    failed = parse_run(document(status="none") | {"seconds": None})
    assert counted_seconds(failed) == 3.0


def test_hodges_lehmann_and_a_clear_winner():
    assert hodges_lehmann(np.array([1.0, 2.0, 6.0])) == 2.75  # 1, 1.5, 2, 3.5, 4, 6
    a = np.arange(8.0)
    pair = compare_pair("a", "b", a, a + np.arange(1.0, 9.0), np.random.default_rng(0))
    assert (pair.wins, pair.ties, pair.losses) == (8, 0, 0)
    assert pair.p == pytest.approx(2 / 2**8)  # all 8 signs alike, two-sided, exact
    assert pair.low <= pair.shift <= pair.high < 0


def test_equal_solvers_are_equal():
    same = np.array([3.0, 4.0, 5.0])
    pair = compare_pair("a", "b", same, same, np.random.default_rng(0))
    assert (pair.ties, pair.shift, pair.low, pair.high, pair.p) == (3, 0.0, 0.0, 0.0, 1.0)
    assert friedman({"a": same, "b": same, "c": same}) == 1.0


def test_one_instance_and_three_solvers_need_no_luck():
    losses = {name: np.array([value]) for name, value in (("a", 1.0), ("b", 2.0), ("c", 2.0))}
    pairs = compare_all(losses, np.random.default_rng(0))
    assert [(pair.first, pair.second, pair.p_holm) for pair in pairs] == [
        ("a", "b", 1.0),
        ("a", "c", 1.0),
        ("b", "c", 1.0),
    ]
    assert friedman(losses) == 1.0


def test_holm():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.integers(0, 5))
def test_bootstrap_stays_within_the_sample(values, seed):
    sample = np.array(values)
    low, high = bootstrap(sample, mean, np.random.default_rng(seed))
    assert sample.min() - 1e-9 <= low <= high <= sample.max() + 1e-9


def test_gini():
    assert gini(np.array([5, 5, 5, 5])) == 0.0
    assert gini(np.array([0, 0, 0, 8])) == 0.75  # (n - 1) / n
    assert gini(np.array([0, 0])) == 0.0


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=8), st.sampled_from(["linear", "log", "symlog"])
)  # fmt: skip
def test_axes_hold_their_values_in_order(values, scale):
    axis = axis_of(values, scale)
    places = [axis.place(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 <= place <= 1 for place in places)
    assert all(axis.low - 1e-9 <= tick <= axis.high * (1 + 1e-9) for tick in axis.ticks())


def test_references_are_taken_only_for_the_same_network():
    digest = "sha256:6b4de474f44e8f8fba529cb81990f5522392ddc5cc5288a98b395bfbf3ff5be8"
    assert reference("random-n400-p0.3-s1", digest, 47953).marocco == 1
    assert reference("random-n400-p0.3-s1", "sha256:other", 47953) == Reference()
    assert reference("no-such-instance", digest, 47953) == Reference()
