"""Reports on the runs of ``mapper compare``: what was lost, where, by whom, how sure that is, how to repeat it."""

from mapper.report.build import Report, build
from mapper.report.runs import Run, load_runs

__all__ = ["Report", "Run", "build", "load_runs"]
