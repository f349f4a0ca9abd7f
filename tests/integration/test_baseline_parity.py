"""The baseline does what the original measured: all rows of the smallest networks, and the page about all of them."""

import pytest

from benchmarks._references import Row, rows
from benchmarks.baseline_parity import CAUSES, Result, repeat, report

SMALL = [row for row in rows() if row.synapses <= 20_000]


@pytest.mark.parametrize("row", SMALL, ids=lambda row: f"{row.network}-{row.variant}")
def test_small_networks(row):
    result = repeat(row)
    if result.figures is None:
        pytest.skip(result.note)
    assert result.figures == row.figures
    assert result.violations == 0
    assert result.claim_holds


def test_the_page_tells_agreement_and_deviation():
    figures = dict(SMALL[0].figures)
    same, other = Result(SMALL[0], figures), Result(SMALL[0], {**figures, "lost": 7}, 2, False, "a cause")
    page = report([same, other])
    assert "| default | `marocco`, no defects | 2 | 1 | 1 | 0 |" in page
    assert "Audit with no blacklist: 2 mappings, 2 violations, 1 whose bits" in page
    assert f"| {SMALL[0].network} | default | lost | 0 | 7 | a cause |" in page
    assert "| 0 / 7 |" in page


def test_known_deviations_are_rows():
    assert set(CAUSES) <= {(row.network, row.variant) for row in rows()}


def test_an_unknown_solver_is_not_run():
    row = SMALL[0]
    unknown = Row(row.network, row.variant, "marocco-2031", "", row.figures, row.synapses, row.cpu_s)
    assert repeat(unknown).figures is None
    assert "| 1 | 0 | 0 | 1 |" in report([repeat(unknown)])
