"""What ``mapper emulate`` says: as a document for ``--json`` and as tables for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from mapper.cli._calibration import calibration_digest
from mapper.cli._common import percent
from mapper.cli._summary import table

if TYPE_CHECKING:
    from emulator.comparison import Measures
    from emulator.experiment import Outcome, Setup
    from mapper.translation.report import ParameterReport
    from models.hardware.calibration import Calibration
    from models.instance import Instance
    from models.solution import Solution

#: Lines about parameters that are out of range, at most.
_MOST_SATURATED: Final = 10
#: Format of the files that ``mapper report`` reads.
EMULATION: Final = "wafer-emulation/1"
#: Header, attribute of Measures, how it is written, factor.
_COLUMNS: Final = (
    ("in-degree", "in_degree", "{:.1f}", 1.0),
    ("exc. %", "excitation", "{:.1f}", 100.0),
    ("rate Hz", "rate", "{:.2f}", 1.0),
    ("CV", "cv", "{:.3f}", 1.0),
    ("corr.", "correlation", "{:.4f}", 1.0),
    ("chi", "synchrony", "{:.3f}", 1.0),
    ("distance", "distance", "{:.2f}", 1.0),
)


def report_document(
    problem: Instance, setup: Setup, outcomes: Sequence[Outcome], claims: Mapping[str, Solution]
) -> dict[str, Any]:
    """Return what ``mapper report`` reads: the document, what to draw, and which solver each run is of."""
    from emulator.pictures import distributions, raster

    made = document(problem, setup, outcomes, ())
    for entry in made["runs"]:
        claim = claims.get(entry["label"])
        entry["solver"] = None if claim is None else claim.solver
    pictures = {
        "raster": raster(problem.network, [outcome.runs[0] for outcome in outcomes], setup.analysis),
        "distributions": distributions(problem.network, [outcome.runs for outcome in outcomes], setup.analysis),
    }
    return {"format": EMULATION, **made, **pictures}


def document(
    problem: Instance,
    setup: Setup,
    outcomes: Sequence[Outcome],
    written: Sequence[Path],
    beyond: Mapping[str, Sequence[ParameterReport]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return the document of an emulation; times in ms, ``beyond``: parameters out of range by label."""
    analysis = asdict(setup.analysis)
    variation = asdict(setup.variation) | {"finite_bandwidth": setup.transport}
    names = ("duration", "dt", "seed", "trials", "delays", "initial", "precision")
    return {
        "instance": problem.name,
        "digest": problem.digest,
        **{name: getattr(setup, name) for name in names},
        "calibration": None if setup.calibration is None else calibration_digest(setup.calibration),
        "analysis": analysis,
        "variation": variation,
        "runs": [
            _entry(outcome, problem) | {"out_of_range": [asdict(entry) for entry in beyond.get(outcome.label, ())]}
            for outcome in outcomes
        ],
        "files": [str(path) for path in written],
    }


def saturated(problem: Instance, claim: Solution, calibration: Calibration | None) -> list[ParameterReport]:
    """Return the parameters that the registers of a solution do not reach, requested against realised."""
    from mapper.translation.options import Analog
    from mapper.translation.report import translation_report

    curves = Analog(calibration).calibration_for(problem.limits)
    return list(translation_report(problem.network, claim.mapping, claim.configuration, curves).saturated)


def saturated_text(found: Mapping[str, Sequence[ParameterReport]]) -> list[str]:
    """Return a line for each parameter out of range, the most frequent ones first."""
    lines = [
        f"out of range in {label}: {entry}"
        for label, entries in found.items()
        for entry in sorted(entries, key=lambda entry: -entry.saturated)
    ]
    more = len(lines) - _MOST_SATURATED
    return lines if more <= 0 else [*lines[:_MOST_SATURATED], f"and {more} more parameters, see --json"]


def _entry(outcome: Outcome, problem: Instance) -> dict[str, Any]:
    from emulator.comparison import QUANTITIES, spread

    audit = outcome.audit
    between = {name: spread(outcome.trial_measures, name) for name in QUANTITIES}
    populations = []
    for i, measures in enumerate(outcome.measures):
        trial_sd = {name: None if math.isnan(sd[i]) else sd[i] for name, sd in between.items()}
        populations.append(measures.document() | {"trial_sd": trial_sd})
    return {
        "label": outcome.label,
        "synapses": None if audit is None else audit.synapses,
        "lost": None if audit is None else audit.lost,
        "spurious": None if audit is None else audit.spurious,
        "violations": None if audit is None else len(audit.violations),
        "spikes": outcome.spikes,
        "lost_spikes": outcome.lost_spikes,
        "lost_spikes_by_population": outcome.lost_by_population(problem.network),
        "populations": populations,
    }


def text(problem: Instance, setup: Setup, outcomes: Sequence[Outcome], written: Sequence[Path]) -> str:
    """Return the tables for people: all neurons with losses, then every population."""
    kind = "" if setup.trials == 1 else f", means of {setup.trials} trials"
    lines = [f"{problem.name}: {setup.duration / 1e3:g} s, dt {setup.dt:g} ms, seed {setup.seed}{kind}"]
    header = ("run", "synapses lost", "%", "spikes", "lost", *(c[0] for c in _COLUMNS))
    rows = []
    for outcome in outcomes:
        audit = outcome.audit
        loss = ("-", "-") if audit is None else (f"{audit.lost}", f"{percent(audit.lost, audit.synapses):.2f}")
        gone = "-" if audit is None else f"{sum(outcome.lost_spikes.values())}"
        rows.append((outcome.label, *loss, f"{outcome.spikes}", gone, *_values(outcome.measures[-1])))
    lines += [table(header, rows), *_lost_spikes(outcomes)]
    if outcomes and len(outcomes[0].measures) > 2:
        rows = [
            (outcomes[0].measures[i].population, outcome.label, *_values(outcome.measures[i]))
            for i in range(len(outcomes[0].measures) - 1)
            for outcome in outcomes
        ]
        lines += ["", table(("population", "run", *(c[0] for c in _COLUMNS)), rows, left=(0, 1))]
    lines += [f"written: {path}" for path in written]
    return "\n".join(lines)


def _lost_spikes(outcomes: Sequence[Outcome]) -> list[str]:
    """Return a line per run that lost spikes: where."""
    lossy = [(outcome.label, {n: k for n, k in outcome.lost_spikes.items() if k}) for outcome in outcomes]
    return [
        f"spikes lost in {label}: {', '.join(f'{name} {count}' for name, count in gone.items())}"
        for label, gone in lossy
        if gone
    ]


def _values(measures: Measures) -> list[str]:
    values = [(form, factor * getattr(measures, name)) for _, name, form, factor in _COLUMNS]
    return ["-" if math.isnan(value) else form.format(value) for form, value in values]
