"""Placement algorithms compared: estimated and final loss, routes and drivers, by network.

    python -m benchmarks.placement [--networks NAME,...] [--placements NAME;...] [--time-limit 30]

Every placement gets the same merging, addresses, inputs, routing, drivers and rows.  A network whose name begins with
``shuffled-`` is a shipped one with its neurons numbered at random.  Lines
are appended to ``benchmarks/results/placement.jsonl`` and not measured again while they are there; the table
``benchmarks/results/placement.md`` is made anew from all of them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from mapper.context import Context
from mapper.demand import CellTables, demand, drivers_needed, service_curves
from mapper.estimate import estimate
from mapper.problem import Problem
from mapper.solvers import Step, Table, run_steps
from models.errors import MapperError
from models.instance import Instance, library, load_instance
from models.mapping import Mapping
from models.network import network_from_edges

RESULTS = Path(__file__).parent / "results"
LINES = RESULTS / "placement.jsonl"
NETWORKS: Final = (
    "shuffled-smallworld-n1000-k40-s1",
    "shuffled-ring-50x64-s1",
    "shuffled-clustered-60x64-s1",
    "smallworld-n5000-k60-s1",
    "shuffled-smallworld-n5000-k60-s1",
    "random-n1600-p0.1-s1",
    "rbm-400-400-s1-d4",
    "column-0.06-s1-d8",
)
#: Options that spread neurons as the search does; without them a placement fills its HICANNs.
_SPREAD: Final = {"neurons_per_block": 12, "sending_blocks": True, "hicann_order": "spiral"}
PLACEMENTS: Final[dict[str, Step]] = {
    "linear": Step("placement", "linear"),
    "cluster_population": Step("placement", "cluster_population"),
    "cluster_neuron": Step("placement", "cluster_neuron"),
    "dealt": Step("placement", "dealt"),
    "annealing": Step("placement", "annealing"),
    "dealt, 12 a block": Step("placement", "dealt", _SPREAD),
    "annealing, 12 a block": Step("placement", "annealing", {**_SPREAD, "start": "dealt"}),
}
MIDDLE: Final[Table] = (
    Step("merging", "driver_aware"),
    Step("addresses", "high_first"),
    Step("inputs", "nearest", {"working_buses": True}),
)
LATER: Final[Table] = (
    Step("addresses", "decoder_groups"),
    Step("routing", "pathfinder"),
    Step("drivers", "set_packing"),
    Step("rows", "exact"),
)


def instance_of(name: str) -> Instance:
    """Return a shipped instance; if the name says so, as one population whose neurons are numbered at random."""
    instance = load_instance(library.find(name.removeprefix("shuffled-")))
    if not name.startswith("shuffled-"):
        return instance
    synapses, is_source = instance.network.synapses, instance.network.is_source
    neurons, sources = int((~is_source).sum()), int(is_source.sum())
    number = np.empty(len(is_source), dtype=np.int64)
    number[~is_source] = np.random.default_rng(1).permutation(neurons)
    number[is_source] = neurons + np.arange(sources)
    shuffled = network_from_edges(
        number[synapses.pre],
        number[synapses.post],
        neurons=neurons,
        sources=sources,
        inhibitory=np.asarray(synapses.receptor) == 1,
    )
    return replace(instance, network=shuffled)


def measure(name: str, problem: Problem, label: str, time_limit: float) -> dict[str, Any]:
    """Return the line of one placement of one network."""
    line: dict[str, Any] = {"network": name, "synapses": len(problem.synapses), "placement": label}
    line["time_limit"] = time_limit
    started = time.process_time()
    try:
        draft = run_steps(problem, (PLACEMENTS[label],), Context())
    except MapperError as error:
        return {**line, "error": str(error)}
    line["seconds"] = round(time.process_time() - started, 2)
    draft = run_steps(problem, MIDDLE, Context(), draft)
    line |= _figures(problem, draft)
    line["lost"] = run_steps(problem, LATER, Context(time_limit=time_limit), draft).lost
    return line


def _figures(problem: Problem, draft: Mapping) -> dict[str, int]:
    wanted = demand(problem, draft.placement, draft.addresses)
    tables = CellTables.of(problem, draft.placement, draft.addresses)
    curve = service_curves(tables, wanted, problem.limits.driver_chain_length)
    return {
        "hicanns": len(draft.placement.hicanns_with_neurons),
        "buses": len(np.unique(wanted.net)),
        "routes": wanted.n_pairs,
        "drivers": int(drivers_needed(curve, wanted.size).sum()),
        "estimate": estimate(problem, draft).lost,
    }


def table(lines: list[dict[str, Any]], command: str) -> str:
    """Return the Markdown page of all lines."""
    head = [
        "# Placement algorithms compared",
        "",
        f"Made with `{command}`.  Every placement gets the same later stages (`driver_aware`, `high_first`, `nearest`,",
        "`decoder_groups`, `pathfinder`, `set_packing`, `exact`); the last four have the time limit together.",
        "`s` is the CPU time of the placement alone, kernels compiled before; `estimate` is the loss to expect before",
        "routing, `lost` the final one.  Shared, loaded machine: with more time the final losses are smaller.",
        "",
        "| network | synapses | placement | s | HICANNs | buses | routes | drivers | estimate | lost | % |",
        "|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    return "\n".join([*head, *(_row(line) for line in lines), ""])


def _row(line: dict[str, Any]) -> str:
    start = f"| {line['network']} | {line['synapses']} | {line['placement']} "
    if "error" in line:
        return f"{start}| | | | | | | | {line['error']} |"
    fields = ("seconds", "hicanns", "buses", "routes", "drivers", "estimate", "lost")
    share = 100 * line["lost"] / line["synapses"]
    return start + "".join(f"| {line[field]} " for field in fields) + f"| {share:.2f} |"


def _missing(
    networks: list[str], placements: list[str], done: list[dict[str, Any]], time_limit: float
) -> Iterator[tuple[str, Problem, str]]:
    known = {(line["network"], line["placement"]) for line in done if line["time_limit"] == time_limit}
    for name in networks:
        labels = [label for label in placements if (name, label) not in known]
        problem = Problem(instance_of(name)) if labels else None
        for label in labels:
            assert problem is not None
            yield name, problem, label


def _compile() -> None:
    """Compile all kernels, so that times are without."""
    problem = Problem(instance_of("random-n100-p0.1-s1"))
    for step in PLACEMENTS.values():
        run_steps(problem, (step, *MIDDLE), Context(det_limit=0.1))


def main() -> None:
    """Run what is missing and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--placements", default=";".join(PLACEMENTS))
    parser.add_argument("--time-limit", type=float, default=30.0)
    arguments = parser.parse_args()
    networks = arguments.networks.split(",")
    RESULTS.mkdir(exist_ok=True)
    done = [json.loads(text) for text in LINES.read_text().splitlines()] if LINES.exists() else []
    _compile()
    for name, problem, label in _missing(networks, arguments.placements.split(";"), done, arguments.time_limit):
        line = measure(name, problem, label, arguments.time_limit)
        done.append(line)
        with LINES.open("a") as stream:
            stream.write(json.dumps(line) + "\n")
        print(_row(line), flush=True)
    shown = [line for line in done if line["time_limit"] == arguments.time_limit]
    shown.sort(key=lambda line: (line["synapses"], line["network"], list(PLACEMENTS).index(line["placement"])))
    command = f"python -m benchmarks.placement --time-limit {arguments.time_limit:g}"
    (RESULTS / "placement.md").write_text(table(shown, command))


if __name__ == "__main__":
    main()
