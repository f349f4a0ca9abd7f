"""The conformance suite for solvers of your own.

>>> from mapper.testing import check_solver
>>> def test_my_solver():
...     check_solver("my-solver")  # an entry point's name, ``module:function``, a table or a function

It weeds out what makes results worthless: an illegal configuration, a wrong claim, a constraint that is not kept, a
result that depends on the run.  How good a solver is, `mapper compare` tells.
"""

from mapper.testing.cases import small_instances
from mapper.testing.checks import CHECKS, Failure
from mapper.testing.suite import ConformanceError, Verdict, check_solver, examine

__all__ = ["CHECKS", "ConformanceError", "Failure", "Verdict", "check_solver", "examine", "small_instances"]
