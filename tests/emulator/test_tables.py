"""Configurations that are no configurations, and registers with impossible values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emulator import audit
from models.configuration import Configuration
from models.errors import FormatError


@pytest.mark.parametrize(
    ("table", "index", "value", "where"),
    [
        ("merger_mode", 9, 3, "Merger1[1]"),
        ("dnc_mode", 5, 3, "DNC merger 5"),
        ("gbit_link", 5, 3, "DNC merger 5"),
        ("generator_address", 2, 64, "background generator 2"),
        ("driver_stp", 100, 3, "driver 100"),
        ("row_decoder", (7, 1), 4, "row 7"),
        ("row_gmax", 447, 4, "row 447"),
        ("row_gmax_div", (8, 0), 16, "row 8"),
        ("denmem_address", 511, 64, "denmem 511"),
    ],
)
def test_impossible_values_are_found(planted, has, table, index, value, where):
    bits = planted.copy()
    getattr(bits, table)[1][index] = value
    has(planted.violations(bits), "register", bits.hicanns[1], where, f"{table} is {value}")


@pytest.mark.parametrize("hicanns", [[3, 2], [2, 2], [-1], [384], [[2]], [2.0]])
def test_hicanns_must_be_ascending_enums(planted, hicanns):
    bits = replace(planted.bits, hicanns=np.array(hicanns))
    with pytest.raises(FormatError, match="hicanns must be ascending enums"):
        audit(planted.instance, bits)


@pytest.mark.parametrize(
    ("table", "value"),
    [
        ("crossbar", np.zeros((6, 511), np.bool_)),
        ("synapse", np.zeros((5, 448, 256), np.uint8)),
        ("driver_enable", np.zeros((6, 224), np.uint8)),
        ("neuron_denmem", np.zeros(3, np.int16)),
        ("input_cell", np.zeros((4, 1), np.int32)),
    ],
)
def test_tables_must_have_their_shapes(planted, table, value):
    with pytest.raises(FormatError, match=r"must be .* of the shape"):
        audit(planted.instance, replace(planted.bits, **{table: value}))


def test_the_empty_configuration_loses_everything(planted):
    result = audit(planted.instance, Configuration.blank(np.empty(0, np.int16)))
    assert result.valid
    assert result.lost == result.synapses == len(planted.instance.network.synapses)


def test_power_on_is_legal(planted):
    result = audit(planted.instance, Configuration.blank(planted.bits.hicanns))
    assert result.violations == ()
    assert result.lost == result.synapses
