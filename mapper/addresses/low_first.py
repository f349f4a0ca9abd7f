"""L1 addresses by marocco's strategy ``low_first``; see `mapper.addresses.pool`."""

from __future__ import annotations

from mapper.addresses.pool import assign
from mapper.context import Context
from mapper.problem import Problem
from models.mapping import Mapping


def low_first(problem: Problem, draft: Mapping, context: Context) -> Mapping:
    """Give every bus its addresses from 2 upwards."""
    return assign(problem, draft, "low_first")
