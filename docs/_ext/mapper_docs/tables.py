"""Tables of what the code has: limits, solvers, algorithms and their options."""

from __future__ import annotations

import inspect
from importlib import import_module

from mapper.solvers import SEARCHES, STAGES, TABLES
from mapper_docs.commands import plain
from models.hardware.limits import LIMITS


def limits() -> str:
    """Return the table of limits."""
    lines = ["| limit | default | range | unit | source | meaning |", "|---|--:|---|---|---|---|"]
    for limit in LIMITS.values():
        bounds = f"{limit.minimum:g} to {limit.maximum:g}" + (f", steps of {limit.step}" if limit.step > 1 else "")
        default = str(limit.default).lower() if isinstance(limit.default, bool) else f"{limit.default:g}"
        words = " | ".join(plain(text) for text in (bounds, limit.unit, limit.source, limit.meaning))
        lines.append(f"| `{limit.name}` | {default} | {words} |")
    return "\n".join(lines)


def solvers() -> str:
    """Return what runs in every stage of the baseline, what the other tables change of it, and which solvers search."""
    base = TABLES["marocco"]
    lines = [f"| solver | {' | '.join(STAGES)} |", "|---" * (1 + len(STAGES)) + "|"]
    lines.append("| `marocco` | " + " | ".join(f"`{step.algorithm}`" for step in base) + " |\n")
    for name, steps in TABLES.items():
        changed = [
            f"`{step.stage}={step.algorithm}`" + "".join(f", `{step.stage}.{k}={v}`" for k, v in step.options.items())
            for step, old in zip(steps, base, strict=True)
            if step != old
        ]
        if changed:
            lines.append(f"* `{name}` is `marocco` with {'; '.join(changed)}.")
    return "\n".join(lines + [f"* `{name}` searches; it is run by `{run}`." for name, run in SEARCHES.items()])


def algorithms() -> str:
    """Return a section per stage: every algorithm, what it says of itself, its options and their defaults."""
    parts = []
    for stage in STAGES:
        lines = [
            f"## {stage.capitalize()}",
            "",
            f"| `{stage}=` | what it does | options `{stage}.` and defaults |",
            "|---|---|---|",
        ]
        for name, algorithm in import_module(f"mapper.{stage}").ALGORITHMS.items():
            summary = " ".join((inspect.getdoc(algorithm) or "").split("\n\n")[0].split()).replace("``", "`")
            options = ", ".join(
                f"`{option.name}`: {option.default}"
                for option in inspect.signature(algorithm).parameters.values()
                if option.kind is inspect.Parameter.KEYWORD_ONLY
            )
            lines.append(f"| `{name}` | {summary} | {options} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
