"""The gate of continuous integration: what is worse than allowed, or worse than it was."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mapper.report.exports import FORMAT
from models.errors import FormatError, OptionError

_CONDITION: Final = re.compile(r"\s*([a-z_]+)\s*(>=|>|<=|<)\s*(\+?)\s*(\d+(?:\.\d*)?|\.\d+)\s*(pp|%|s)?\s*")
#: Metrics and their units; ``""`` is a count.
METRICS: Final[Mapping[str, tuple[str, ...]]] = {
    "loss": ("pp", "%"),
    "loss_most": ("pp", "%"),
    "excess": ("pp", "%"),
    "gap": ("pp", "%"),
    "seconds": ("s",),
    "failures": ("",),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """When to fail, e.g. ``loss>+0.5pp``; `relative` compares the increase over the baseline."""

    text: str
    metric: str
    operator: str
    relative: bool
    limit: float

    def holds(self, value: float) -> bool:
        """Return whether a value meets the condition."""
        if self.operator == ">":
            return value > self.limit
        if self.operator == ">=":
            return value >= self.limit
        return value < self.limit if self.operator == "<" else value <= self.limit


def parse_condition(text: str) -> Condition:
    """Return a condition.

    Raises
    ------
    OptionError
        If it is none, or its metric or unit does not exist.
    """
    match = _CONDITION.fullmatch(text)
    example = 'write METRIC>LIMIT, e.g. "loss>+0.5pp" (more than in the baseline) or "loss>10%"'
    if match is None:
        raise OptionError(f"cannot read the condition {text!r}; {example}")
    metric, operator, plus, limit, unit = match.groups()
    if metric not in METRICS:
        raise OptionError(f"no metric {metric!r} in the condition {text!r}; there are: {', '.join(METRICS)}")
    if unit is not None and unit not in METRICS[metric]:
        allowed = " or ".join(repr(name) for name in METRICS[metric] if name) or "no unit"
        raise OptionError(f"{metric} has no unit {unit!r} in the condition {text!r}; use {allowed}")
    return Condition(text.strip(), metric, operator, bool(plus), float(limit))


def read_summary(path: Path) -> dict[str, Any]:
    """Return a summary that ``mapper report --format json`` wrote.

    Raises
    ------
    FormatError
        If the file is none; says the first thing that does not fit the schema.
    """
    from pydantic import ValidationError

    from mapper.report.summary_schema import Summary

    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FormatError(f"{path}: no such file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise FormatError(f"{path}: not a JSON report or damaged ({error})") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FormatError(f"{path}: format must be {FORMAT}; write a baseline with: mapper report RUNS/ -o old.json")
    try:
        Summary.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise FormatError(f"{path}: the baseline is damaged, {where}: {first['msg']}") from None
    return document


def failures(condition: Condition, now: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[str]:
    """Return what meets a condition, one line each.

    Parameters
    ----------
    condition : Condition
        When to fail.
    now, before : mapping
        Summaries, see `mapper.report.exports.summary`.  A pair of instance and solver that the baseline has and the
        runs lack is a failure, too.

    Raises
    ------
    OptionError
        If the condition needs a baseline and there is none.
    FormatError
        If the baseline is damaged, of another instance of the same name, or shares nothing with the runs.
    """
    if not condition.relative:
        return [line for cell in now["cells"] if cell["runs"] for line in _above(condition, cell, None)]
    if before is None:
        raise OptionError(f"{condition.text!r} compares with a baseline; add --baseline OLD.json, or leave out the +")
    try:
        return _relative(condition, now, before)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"the baseline is damaged ({type(error).__name__}: {error})") from error


def _relative(condition: Condition, now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    digests = {entry["name"]: entry["digest"] for entry in now["instances"]}
    for entry in before["instances"]:
        if digests.get(entry["name"], entry["digest"]) != entry["digest"]:
            raise FormatError(f"instance {entry['name']} has another digest in the baseline; make a new baseline")
    cells = {(cell["instance"], cell["solver"]): cell for cell in now["cells"] if cell["runs"]}
    old = {(cell["instance"], cell["solver"]): cell for cell in before["cells"] if cell["runs"]}
    if not cells.keys() & old.keys():
        raise FormatError("the baseline has no instance and solver in common with the runs")
    lines = []
    for key, cell in old.items():
        if key in cells:
            lines += _above(condition, cells[key], cell)
        else:
            lines.append(f"{key[0]}, {key[1]}: in the baseline, but not run")
    return lines


def _above(condition: Condition, cell: Mapping[str, Any], old: Mapping[str, Any] | None) -> list[str]:
    raw = cell[condition.metric]
    value = math.inf if raw is None else float(raw)
    name = f"{cell['instance']}, {cell['solver']}: {condition.metric}"
    if old is None:
        return [f"{name} {value:g}"] if condition.holds(value) else []
    was = math.inf if old[condition.metric] is None else float(old[condition.metric])
    if math.isinf(was):
        return []
    # round-off of the subtraction must not decide
    return [f"{name} {was:g} -> {value:g}"] if condition.holds(round(value - was, 9)) else []
