"""Changed copies of a configuration: exactly the register that was asked for, all other tables shared."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from models.configuration import Configuration, RegisterError, configuration_from_arrays
from models.mapping import to_arrays

A, B = 5, 9


@pytest.fixture
def blank():
    return Configuration.blank(np.array([A, B], np.int16))


def changed_tables(before, after):
    return {f.name for f in fields(Configuration) if getattr(before, f.name) is not getattr(after, f.name)}


@pytest.mark.parametrize(
    ("method", "arguments", "table", "place", "value"),
    [
        ("with_weight", (B, 447, 255, 9), "synapse", (447, 255), 0x19),
        ("with_decoder", (B, 0, 3, 9), "synapse", (0, 3), 0x90),
        ("with_row_decoder", (B, 4, 1, 3), "row_decoder", (4, 1), 3),
        ("with_gmax", (B, 4, 2), "row_gmax", (4,), 2),
        ("with_gmax_div", (B, 4, 2, 7), "row_gmax_div", (4, 1), 7),
        ("with_floating_gate", (B, "E_l", 17, 511), "fg_denmem", (511, 0), 17),
        ("with_floating_gate", (B, "V_gmax3", 17, 2), "fg_shared", (2, 13), 17),
    ],
)
def test_one_register_of_one_table_changes(blank, method, arguments, table, place, value):
    after = getattr(blank, method)(*arguments)
    assert changed_tables(blank, after) == {table}
    assert getattr(after, table)[1][place] == value
    different = getattr(after, table) != getattr(blank, table)
    assert np.count_nonzero(different) == (2 if method == "with_gmax_div" else 1)
    assert not different[0].any()


def test_two_registers_of_a_driver_and_of_a_half(blank):
    assert changed_tables(blank, blank.with_stp(A, 3, 1, 5)) == {"driver_stp", "driver_stp_cap"}
    assert changed_tables(blank, blank.with_membrane(A, 1, False, 2)) == {"denmem_bigcap", "denmem_leak"}


def test_a_floating_gate_of_all_denmems(blank):
    after = blank.with_floating_gate(A, "I_gl", 80)
    assert (after.fg_denmem[0, :, 7] == 80).all()
    assert (after.fg_denmem[1, :, 7] == 200).all()


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        ("with_weight", (7, 0, 0, 1), "HICANN 7 is not configured"),
        ("with_weight", (A, 0, 0, 16), r"synapse holds 0\.\.15 \(got 16\)"),
        ("with_weight", (A, 448, 0, 1), "no place"),
        ("with_weight", (A, -1, 0, 1), "no place"),
        ("with_floating_gate", (A, "E_l", 1024), r"holds 0\.\.1023"),
        ("with_floating_gate", (A, "E_leak", 1), "no floating gate is called 'E_leak'"),
        ("with_floating_gate", (A, "V_reset", 1, 4), "no place"),
    ],
)
def test_impossible_changes_are_refused(blank, method, arguments, message):
    with pytest.raises(RegisterError, match=message):
        getattr(blank, method)(*arguments)


def test_files_without_analog_tables_hold_a_chip_after_power_on(blank):
    arrays = to_arrays(blank, "configuration")
    for name in ("driver_stp_cap", "denmem_bigcap", "denmem_leak", "fg_denmem", "fg_shared"):
        del arrays[f"configuration.{name}"]
    loaded = configuration_from_arrays(arrays)
    assert (loaded.fg_denmem == blank.fg_denmem).all()
    assert loaded.denmem_bigcap.all()
    del arrays["configuration.synapse"]
    with pytest.raises(KeyError, match="synapse"):
        configuration_from_arrays(arrays)
