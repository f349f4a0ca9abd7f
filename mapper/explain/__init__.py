"""Why synapses are lost and what would save them; why a manual placement cannot be met.

`explain` names for every lost synapse the resource that was full, and ranks the full resources by what they cost;
`conflicts` reduces an infeasible manual placement or blacklist to a smallest set of constraints that contradict each
other.
"""

from mapper.explain.conflicts import Conflict, conflicts
from mapper.explain.losses import ExplainError, explain
from mapper.explain.resources import KINDS, Explanation, Resource

__all__ = ["KINDS", "Conflict", "ExplainError", "Explanation", "Resource", "conflicts", "explain"]
