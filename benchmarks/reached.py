"""Seconds until ``cpsat`` has the original's loss, with the compiled kernels loaded, against the original's CPU time.

    python -m benchmarks.reached [--time-limit 4]

The runs of `benchmarks.loss` are fresh processes, half a second of which loads compiled kernels; here the rows that it
counts as late are run again one after the other in one process.  Writes ``benchmarks/results/reached.md``.
"""

from __future__ import annotations

import argparse
import json

import mapper
from benchmarks._references import rows
from benchmarks.loss import LINES, RESULTS

#: Solved first, so that every kernel is loaded.
WARM_UP = ("rbm-50-50-s1-d4", "random-n100-p0.3-s1")


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time-limit", type=float, default=4.0)
    arguments = parser.parse_args()
    known = {(e["network"], e["variant"]): e["reached_s"] for e in map(json.loads, LINES.read_text().splitlines())}
    late = [row for row in rows() if not (known.get((row.network, row.variant), 0.0) or 1e9) <= row.cpu_s]
    late = [row for row in late if (row.network, row.variant) in known]
    for name in WARM_UP:
        mapper.solve(next(row for row in rows() if row.network == name).instance(), "cpsat", time_limit=30.0)
    lines, in_time = [], 0
    for row in late:
        solution = mapper.solve(row.instance(), "cpsat", time_limit=arguments.time_limit)
        reached = next((t for t, lost, _ in solution.run["timeline"] if lost <= row.figures["lost"]), None)
        in_time += reached is not None and reached <= row.cpu_s
        lines.append(f"| {row.network} | {row.variant} | {reached} | {row.cpu_s} |")
        print(lines[-1], flush=True)
    total = len(known)
    head = [
        "# Time to the original's loss, kernels loaded",
        "",
        f"Made with `python -m benchmarks.reached`: {total - len(late)} of {total} rows of loss.md are in time as",
        f"fresh processes; of the {len(late)} others {in_time} are with the kernels loaded:",
        f"{total - len(late) + in_time} of {total} in all.",
        "",
        "| network | wafer | seconds | original CPU s |",
        "|---|---|--:|--:|",
    ]
    (RESULTS / "reached.md").write_text("\n".join([*head, *lines, ""]))


if __name__ == "__main__":
    main()
