"""How granted drivers are distributed, with the numbers of marocco's own unit tests."""

import pytest

from mapper.rows.reduction import Kind, distribute, relative_reduction


@pytest.mark.parametrize(
    ("required", "priority", "available", "expected"),
    [
        ([2, 3], [2, 5], 5, [2, 3]),
        ([2, 3], [2, 5], 3, [1, 2]),
        ([1, 2], [1, 50], 2, [1, 1]),
        ([1, 1, 1], [1, 2, 3], 2, [0, 1, 1]),
        ([1, 2, 2], [4, 5, 6], 4, [1, 1, 2]),
        ([], [], 0, []),
        ([2, 2], [1, 1], 0, [0, 0]),
    ],
)
def test_relative_reduction(required, priority, available, expected):
    assert relative_reduction(required, priority, available) == expected


def test_a_share_may_exceed_the_requirement():
    assert relative_reduction([1, 9], [90, 10], 8) == [7, 1]


def test_a_share_never_exceeds_what_is_available():
    for available in range(12):
        assert sum(relative_reduction([3, 4, 5], [30, 2, 5], available)) == available


def settings(needs, drivers):
    kinds = {key: Kind(*value) for key, value in needs.items()}
    return [(2 * s.driver + s.which, s.stp, s.side, *s.decoder) for s in distribute(kinds, drivers)]


def test_one_driver_serves_both_parities():
    needs = {(0, 0, 0, 0): (2, 4), (0, 0, 1, 0): (2, 4)}
    assert settings(needs, [5]) == [(10, 0, 0, 0, 0), (11, 0, 0, 0, 0)]


def test_left_rows_come_first_and_decoders_ascend():
    needs = {(0, 1, 0, 2): (1, 5), (0, 0, 0, 3): (1, 5), (0, 0, 0, 1): (1, 5), (0, 0, 1, 0): (1, 5)}
    assert settings(needs, [3, 5]) == [(6, 0, 0, 1, 0), (7, 0, 0, 3, -1), (10, 0, 1, 2, -1)]


def test_stp_modes_take_drivers_in_order():
    needs = {(2, 0, 0, 0): (1, 1), (1, 0, 0, 0): (1, 1), (0, 0, 0, 0): (1, 1)}
    assert settings(needs, [7, 9, 11]) == [(14, 0, 0, 0, -1), (18, 1, 0, 0, -1), (22, 2, 0, 0, -1)]


def test_the_weakest_stp_mode_goes_without():
    needs = {(0, 0, 0, 0): (1, 3), (1, 0, 0, 0): (1, 1), (2, 0, 0, 0): (1, 2)}
    assert settings(needs, [7, 9]) == [(14, 0, 0, 0, -1), (18, 2, 0, 0, -1)]


def test_shortage_is_shared_in_proportion():
    needs = {(0, 0, 0, d): (2, n) for d, n in ((0, 8), (1, 8), (2, 8), (3, 8))}
    assert settings(needs, [1, 3]) == [(2, 0, 0, 0, -1), (3, 0, 0, 1, -1), (6, 0, 0, 2, -1), (7, 0, 0, 3, -1)]


def test_no_driver_no_row():
    assert settings({(0, 0, 0, 0): (1, 1)}, []) == []
