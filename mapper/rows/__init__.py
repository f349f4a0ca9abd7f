"""Rows: how the granted drivers' rows are set, and which hardware synapse every synapse gets.

Contract of an algorithm, ``algorithm(problem, draft, context, **options) -> Mapping``:

* It gets everything up to ``drivers`` and replaces ``rows`` and ``synapses`` only.
* Both rows of a driver have one STP mode; a row drives one synaptic input; its even and its odd columns
  listen to one decoder group each.
* A hardware synapse (row, column) serves one synapse, in a column of the target neuron whose input on the
  row's side belongs to the receptor; dead synapses (``problem.wafer.dead_synapses``) serve none.
* Every synapse gets a cause: realised, or the first stage that lost it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mapper.rows.exact import exact
from mapper.rows.proportional import proportional
from models.mapping import Mapping as Draft

__all__ = ["ALGORITHMS", "exact", "proportional"]

ALGORITHMS: Final[Mapping[str, Callable[..., Draft]]] = {"exact": exact, "proportional": proportional}
