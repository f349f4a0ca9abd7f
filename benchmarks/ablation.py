"""What each later lever alone recovers when the baseline's placement, merging and inputs are kept.

    python -m benchmarks.ablation

Every column exchanges one stage of the baseline's table for the exact or negotiated algorithm; the last one exchanges
all four, which is what the solver ``cpsat-fixed-placement`` ends with.  Writes ``benchmarks/results/ablation.md``.
"""

from __future__ import annotations

from pathlib import Path

from mapper.context import Context
from mapper.problem import Problem
from mapper.solvers import MAROCCO, STAGES, Step, Table, run_steps
from models.instance import library, load_instance

NETWORKS = (
    "synfire-11x8-8-s1", "rbm-50-50-s1-d4", "ring-10x32-s1", "smallworld-n1000-k40-s1", "random-n400-p0.3-s1",
    "ff-196-100-10-s1-d4", "ff-784-100-10-s1-d4", "clustered-60x64-s1", "sheet-62-s1", "random-n1600-p0.1-s1",
    "guidebook-merged",
)  # fmt: skip
LEVERS = (
    Step("addresses", "decoder_groups"),
    Step("routing", "pathfinder"),
    Step("drivers", "set_packing"),
    Step("rows", "exact"),
)
AFTER_INPUTS = STAGES.index("inputs") + 1


def exchanged(steps: tuple[Step, ...]) -> Table:
    """Return the baseline's table with some of its stages exchanged; addresses are refined after the inputs."""
    by_stage = {step.stage: step for step in steps}
    table = [by_stage.get(step.stage, step) if step.stage != "addresses" else step for step in MAROCCO]
    if "addresses" in by_stage:
        table.insert(AFTER_INPUTS, by_stage["addresses"])
    return tuple(table)


def main() -> None:
    """Measure and write the table."""
    columns: dict[str, tuple[Step, ...]] = {"baseline": ()}
    columns |= {f"{step.stage}: {step.algorithm}": (step,) for step in LEVERS}
    columns["all four"] = LEVERS
    lines = [
        "# What each later lever alone recovers",
        "",
        "Lost synapses with the baseline's placement, merging and inputs; made with `python -m benchmarks.ablation`",
        "(deterministic budget 10).",
        "",
        "| network | synapses | " + " | ".join(columns) + " |",
        "|---|--:|" + "--:|" * len(columns),
    ]
    for name in NETWORKS:
        problem = Problem(load_instance(library.find(name)))
        lost = [run_steps(problem, exchanged(steps), Context(det_limit=10.0)).lost for steps in columns.values()]
        lines.append(f"| {name} | {len(problem.synapses)} | " + " | ".join(map(str, lost)) + " |")
        print(lines[-1], flush=True)
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "ablation.md").write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
