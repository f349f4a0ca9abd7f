"""L1 addresses by marocco's strategy ``high_first``; see `mapper.addresses.pool`."""

from __future__ import annotations

from mapper.addresses.pool import assign
from mapper.context import Context
from mapper.problem import Problem
from models.mapping import Mapping


def high_first(problem: Problem, draft: Mapping, context: Context) -> Mapping:
    """Give every bus its addresses from 63 downwards, marocco's default."""
    return assign(problem, draft, "high_first")
