"""L1 addresses by marocco's strategy ``alternating``; see `mapper.addresses.pool`."""

from __future__ import annotations

from mapper.addresses.pool import assign
from mapper.context import Context
from mapper.problem import Problem
from models.mapping import Mapping


def alternating(problem: Problem, draft: Mapping, context: Context) -> Mapping:
    """Give every bus its addresses from both ends in turn, lowest first."""
    return assign(problem, draft, "alternating")
