"""Every neuron block on the DNC merger of its own number.

Source: marocco ``MergerRouting`` (one_to_one); silicon power-on state.
"""

from __future__ import annotations

from mapper.context import Context
from mapper.merging.marocco_greedy import ONE_TO_ONE, marocco_greedy
from mapper.problem import Problem
from models.mapping import Mapping


def one_to_one(problem: Problem, draft: Mapping, context: Context) -> Mapping:
    """Merge nothing, except where the instance asks for shared buses."""
    return marocco_greedy(problem, draft, context, strategy=ONE_TO_ONE)
