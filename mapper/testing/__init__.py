"""The conformance suites for solvers and for stage algorithms of your own.

>>> from mapper.testing import check_algorithm, check_solver
>>> def test_my_solver():
...     check_solver("my-solver")  # an entry point's name, ``module:function``, a table or a function
>>> def test_my_stage():
...     check_algorithm("placement", "my_package.placing:mixed")

It weeds out what makes results worthless: an illegal configuration, a wrong claim, a constraint that is not kept, a
result that depends on the run.  How good a solver is, `mapper compare` tells.
"""

from mapper.testing.cases import small_instances
from mapper.testing.checks import CHECKS, Failure
from mapper.testing.stages import STAGE_CHECKS, check_algorithm, examine_algorithm
from mapper.testing.suite import ConformanceError, Verdict, check_solver, examine

__all__ = [
    "CHECKS",
    "STAGE_CHECKS",
    "ConformanceError",
    "Failure",
    "Verdict",
    "check_algorithm",
    "check_solver",
    "examine",
    "examine_algorithm",
    "small_instances",
]
