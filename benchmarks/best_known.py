"""Make or improve the best known solutions of the shipped instances.

    python -m benchmarks.best_known [INSTANCE|SET|NAME+BLACKLIST ...] --time-limit 60 [--wafers perfect,blacklist-7]

With ``--det-limit 10`` instead, what a run finds does not depend on the load of the machine.  ``--measured`` takes over
audited losses of ``benchmarks/results/loss.jsonl`` that are lower than what is known; their solutions were not kept.

Every run is a process of its own, one after the other.  It begins with the stored solution that loses least, on this
wafer or another, so that the result is never worse; the bits are audited, and what is better goes into
``instances/NAME/solutions`` and the references.  What is proven optimal and stored is not run again, unless ``--force``
says so.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from instances.best_known import MOST_BYTES, store
from models.errors import MapperError
from models.instance import library
from models.instance.references import OPTIMAL, Best, Proof, Record, records

if TYPE_CHECKING:
    from models.solution import Solution

PERFECT: Final = "perfect"
LINES: Final = Path(__file__).parent / "results/loss.jsonl"


def references(names: list[str], wafers: list[str]) -> list[str]:
    """Return the instances that names and sets mean, as NAME or NAME+BLACKLIST, on those of the wafers they have."""
    chosen: list[str] = []
    for name in names or list(library.names()):
        for member in [each for each, _ in library.members(name)] if name in library.sets() else [name]:
            known = [] if "+" in member else records(library.find(member).parent)
            chosen += [record.reference for record in known if (record.defects or PERFECT) in wafers] or [member]
    return list(dict.fromkeys(chosen))


def known(reference: str) -> Record:
    """Return what is known of an instance; nothing but its digest if it has no record yet."""
    name, _, defects = reference.partition("+")
    folder = library.find(name).parent
    found = {record.defects: record for record in records(folder)}
    if defects in found:
        return found[defects]
    measured = found[""]
    return Record(name, library.load(reference).digest, defects, synapses=measured.synapses)


def needed(record: Record, force: bool) -> bool:
    """Return whether a run may change anything."""
    return force or record.status != OPTIMAL or record.best is None


def least_stored(name: str) -> Solution | None:
    """Return the stored solution of an instance, on whatever wafer, that loses least; None if none is stored."""
    from models.solution import load

    folder = library.find(name).parent
    stored = [
        (record.best.lost, record.best.solution)
        for record in records(folder)
        if record.best is not None and record.best.solution and record.best.solution.endswith(".sol.zip")
    ]
    return load(folder / min(stored)[1]) if stored else None


def improve(
    reference: str, time_limit: float | None, det_limit: float | None, threads: int, most_bytes: int, force: bool
) -> str:
    """Solve one instance, offer the solution, and return a line about it."""
    import mapper
    from instances.best_known import consider
    from mapper.bounds import bound_any_placement
    from mapper.problem import Problem

    record = known(reference)
    instance = library.load(reference)
    load_before = round(os.getloadavg()[0], 2)
    start = least_stored(record.name)
    began = time.monotonic()
    solution = mapper.solve(instance, "cpsat", time_limit=time_limit, det_limit=det_limit, threads=threads, start=start)
    seconds = time.monotonic() - began
    bound = bound_any_placement(Problem(instance))
    log = {"machine": {"cores": os.cpu_count(), "load_before": load_before}}
    verdict = consider(
        instance,
        record,
        solution,
        bound,
        by=f"{solution.solver} {solution.version}",
        date=time.strftime("%Y-%m-%d"),
        log=log,
        most_bytes=most_bytes,
        replace_equal=force,
    )
    best = verdict.record.best
    path = library.find(record.name).parent / best.solution if best and best.solution else None
    size = f"{path.stat().st_size} bytes" if path else "not stored"
    before = "-" if record.best is None else record.best.lost
    return (
        f"{reference:44s} {before!s:>7} -> {solution.lost:>7} of {solution.synapses} bound {bound.value} "
        f"{seconds:7.1f} s  {size}: {verdict.reason}"
    )


def take_over(reference: str, lines: list[dict[str, Any]], date: str) -> str | None:
    """Record the lowest audited loss of an instance that was measured, if it is lower; return a line about it."""
    record = known(reference)
    variant = "defects7" if record.defects == "blacklist-7" else "default"
    mine = [
        line for line in lines
        if (line["network"], line["variant"], line["audit"]) == (record.name, variant, "clean")
    ]  # fmt: skip
    least = min(mine, key=lambda line: int(line["lost"]), default=None)
    if least is None or (record.best is not None and record.best.lost <= least["lost"]):
        return None
    folder = library.find(record.name).parent
    for stale in (record.best and record.best.solution, record.bound and record.bound.log):
        if stale:
            (folder / stale).unlink()
    best = Best(least["lost"], f"cpsat {mapper_version()}", date, time_s=least["seconds"])
    bound = Proof(least["bound"], least["bound_kind"], date)
    if record.bound is not None and record.bound.lost > bound.lost:
        bound = replace(record.bound, log=None)
    store(replace(record, synapses=least["synapses"], best=best, bound=bound))
    return f"{reference:44s} {'-' if record.best is None else record.best.lost!s:>7} -> {least['lost']:>7} measured"


def mapper_version() -> str:
    """Return the version of the solvers that were measured."""
    import mapper

    return mapper.__version__


def main() -> int:
    """Run what is not proven optimal, one after the other; the exit code is 1 if there was none for one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="instances and sets; all without any")
    parser.add_argument("--time-limit", type=float, help="seconds; 60 without any limit")
    parser.add_argument("--det-limit", type=float, help="deterministic time")
    parser.add_argument("--wafers", default=f"{PERFECT},blacklist-7")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--most-bytes", type=int, default=MOST_BYTES, help="larger solutions are not stored")
    parser.add_argument("--measured", action="store_true", help="take over lower losses that were measured")
    parser.add_argument("--force", action="store_true", help="also run what is optimal; replace equal solutions")
    arguments = parser.parse_args()
    failed = 0
    if arguments.measured:
        lines = [json.loads(line) for line in LINES.read_text(encoding="utf-8").splitlines()]
        date = time.strftime("%Y-%m-%d", time.gmtime(LINES.stat().st_mtime))
        told = [take_over(each, lines, date) for each in references(arguments.names, arguments.wafers.split(","))]
        print("\n".join(line for line in told if line))
        return failed
    for reference in references(arguments.names, arguments.wafers.split(",")):
        if not needed(known(reference), arguments.force):
            continue
        seconds = 60.0 if arguments.time_limit is None and arguments.det_limit is None else arguments.time_limit
        limits = (seconds, arguments.det_limit, arguments.threads, arguments.most_bytes, arguments.force)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            try:
                line = pool.submit(improve, reference, *limits).result()
            except MapperError as error:
                line, failed = f"{reference}: {error}", 1
        print(line, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
