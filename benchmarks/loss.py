"""Synapse loss of ``cpsat`` on the reference networks, against the original's, with bounds and the emulator's verdict.

    python -m benchmarks.loss --time-limit 600 [--variants default,defects7] [--networks NAME,...] [--jobs 1]

Every run is a process of its own.  Its line is appended to ``benchmarks/results/loss.jsonl`` at once and is not run
again while it is there; the table ``benchmarks/results/loss.md`` is made anew from these lines at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks._references import Row, rows

RESULTS = Path(__file__).parent / "results"
LINES = RESULTS / "loss.jsonl"


def run(row: Row, time_limit: float) -> dict[str, Any]:
    """Solve one row and return its line."""
    import mapper
    from emulator import audit

    instance = row.instance()
    load = os.getloadavg()[0]
    started = time.monotonic()
    solution = mapper.solve(instance, "cpsat", time_limit=time_limit)
    seconds = time.monotonic() - started
    verdict = audit(instance, solution.configuration, solution.lost)
    reached = [t for t, lost, _ in solution.run["timeline"] if lost <= row.figures["lost"]]
    return {
        "network": row.network,
        "variant": row.variant,
        "synapses": solution.synapses,
        "marocco": row.figures["lost"],
        "marocco_cpu_s": row.cpu_s,
        "lost": solution.lost,
        "by_cause": dict(solution.lost_by_cause),
        "status": solution.status,
        "bound": solution.bounds.any_placement.value,
        "bound_kind": solution.bounds.any_placement.kind,
        "bound_placement": solution.bounds.this_placement.value,
        "bound_buses": None if solution.bounds.these_buses is None else solution.bounds.these_buses.value,
        "chips": solution.hicanns,
        "seconds": round(seconds, 2),
        "cpu_s": solution.run["cpu_seconds"],
        "reached_s": reached[0] if reached else None,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "audit": "clean" if verdict.valid else f"{len(verdict.violations)} violations, {verdict.spurious} spurious",
        "time_limit": time_limit,
        "load": round(load, 1),
    }


def table(lines: list[dict[str, Any]]) -> str:
    """Return the Markdown page of all lines."""
    lines = sorted(lines, key=lambda e: (e["variant"], e["synapses"], e["network"]))
    optimal = sum(e["status"] == "optimal" for e in lines)
    worse = sum(e["lost"] > e["marocco"] for e in lines)
    quick = sum(e["reached_s"] is not None and e["reached_s"] <= e["marocco_cpu_s"] for e in lines)
    clean = sum(e["audit"] == "clean" for e in lines)
    head = [
        "# Synapse loss of cpsat on the reference networks",
        "",
        "Made with `python -m benchmarks.loss --time-limit ...`; one process a run, kernels compiled before, machine",
        "with 2 cores, loaded as stated.",
        "",
        f"* {len(lines)} runs: {optimal} proven optimal, {worse} worse than the original, {clean} with a clean audit.",
        f"* The original's own loss is reached within the original's CPU time in {quick} of {len(lines)} runs.",
        "* `bound`: for any placement / for the one found / with its buses.  `limit`: time limit.",
        "* `reached`: seconds until the original's loss or less.",
        "",
        "| network | wafer | synapses | original lost | cpsat lost | % | bound | status | chips | limit s | s "
        "| reached | original CPU s | MB | load | audit |",
        "|---|---|--:|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    body = [
        f"| {e['network']} | {'perfect' if e['variant'] == 'default' else 'blacklist-7'} | {e['synapses']} "
        f"| {e['marocco']} | {e['lost']} | {100 * e['lost'] / e['synapses']:.2f} "
        f"| {e['bound']} / {e['bound_placement']} / {_shown(e.get('bound_buses'))} | {e['status']} | {e['chips']} "
        f"| {e['time_limit']:g} | {e['seconds']} | {e['reached_s']} "
        f"| {e['marocco_cpu_s']} | {e['peak_mb']} | {e['load']} | {e['audit']} |"
        for e in lines
    ]
    return "\n".join([*head, *body, ""])


def _shown(bound: int | None) -> str:
    return "-" if bound is None else str(bound)


def main() -> None:
    """Run what is missing and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time-limit", type=float, default=600.0)
    parser.add_argument("--variants", default="default,defects7")
    parser.add_argument("--networks", default="")
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    wanted = [row for row in rows() if row.variant in arguments.variants.split(",")]
    if arguments.networks:
        wanted = [row for row in wanted if row.network in arguments.networks.split(",")]
    RESULTS.mkdir(exist_ok=True)
    done = [json.loads(line) for line in LINES.read_text().splitlines()] if LINES.exists() else []
    known = {(e["network"], e["variant"], e["time_limit"]) for e in done}
    missing = [row for row in wanted if (row.network, row.variant, arguments.time_limit) not in known]
    with ProcessPoolExecutor(arguments.jobs, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        futures = [pool.submit(run, row, arguments.time_limit) for row in missing]
        for future in as_completed(futures):
            line = future.result()
            done.append(line)
            with LINES.open("a") as stream:
                stream.write(json.dumps(line) + "\n")
            print(
                f"{line['network']:28s} {line['variant']:9s} {line['marocco']:>7} -> {line['lost']:>6} {line['audit']}"
            )
    lines = list({(e["network"], e["variant"]): e for e in sorted(done, key=lambda e: e["time_limit"])}.values())
    (RESULTS / "loss.md").write_text(table(lines))


if __name__ == "__main__":
    main()
