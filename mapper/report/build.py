"""Put a report together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mapper.report.blocks import Section
from mapper.report.comparison import Comparison, compare_runs
from mapper.report.details import effects_section, gap_section, resources_section, statistics_section
from mapper.report.dynamics import Emulation, dynamics_section
from mapper.report.reproduce import conditions, reproduce_section
from mapper.report.runs import Run
from mapper.report.sections import anytime_section, headline, in_words, loss_section, profile_section
from mapper.report.where import where_section
from models.errors import FormatError

DEFINITIONS = (
    "lost: required synapses without a realised synapse of the right receptor and source, as the checker counts them "
    "in the configuration bits.",
    "spurious: synapses that the bits realise and nobody required; a run with any is rejected (V), like one that "
    "breaks a rule of the hardware or loses another number of synapses than it claims.",
    "loss [%] = 100 lost / required.",
    "excess [pp] = 100 (lost - best known) / required, in percentage points.",
    "gap = lost - proven bound, in synapses, and in percentage points of all synapses.",
    "time [s]: shifted geometric mean, (product of (t + 10))^(1/n) - 10; a run without a valid mapping counts with its "
    "whole time limit (PAR1).",
    "Over seeds medians, over instances means of percentages with intervals; counts of instances of different size are "
    "never averaged.",
)
#: Below the first table, which people may read alone.
EXCESS = (
    "Without loss: networks that lose no synapse. Excess: loss above the best mapping that anybody knows, in "
    "percentage points (pp) of all synapses, with a 95 % bootstrap interval over the networks. Time: shifted geometric "
    "mean. Proven optimal: runs whose loss meets the bound. All terms are under Definitions."
)


@dataclass(frozen=True, eq=False)
class Report:
    """A report: its title, its sections, and the comparison behind them."""

    title: str
    comparison: Comparison
    sections: tuple[Section, ...]


def build(
    runs: Sequence[Run],
    versus: str | None = None,
    seed: int = 0,
    emulations: Sequence[Emulation] = (),
    links: Mapping[str, str] | None = None,
    views: Mapping[tuple[str, str], str] | None = None,
) -> Report:
    """Return the report on some runs.

    Parameters
    ----------
    runs : sequence of Run
        At least one, see `mapper.report.runs.load_runs`.
    versus : str, optional
        Solver against which wins and losses are counted; ``marocco``, if it is there, else the first one.
    seed : int
        Of the bootstrap.
    emulations : sequence of Emulation
        What ``mapper emulate`` found, see `mapper.report.dynamics.load_emulations`.
    links, views : mapping, optional
        Addresses of solutions and viewer pages, see `mapper.report.views`.

    Raises
    ------
    FormatError
        If there are no runs of the solver `versus`.
    """
    comparison = replace(compare_runs(runs), links=links or {}, views=views or {})
    if versus is not None and versus not in comparison.solvers:
        raise FormatError(f"no runs of solver {versus!r}; there are: {', '.join(comparison.solvers)}")
    baseline = versus or ("marocco" if "marocco" in comparison.solvers else comparison.solvers[0])
    sections = (
        Section(
            "Headline",
            (*in_words(comparison, baseline), headline(comparison, baseline, seed), EXCESS, conditions(comparison)),
        ),
        loss_section(comparison),
        profile_section(comparison),
        anytime_section(comparison),
        where_section(comparison, baseline),
        effects_section(comparison),
        dynamics_section(emulations),
        resources_section(comparison),
        gap_section(comparison),
        statistics_section(comparison, seed),
        reproduce_section(comparison),
        Section("Definitions", DEFINITIONS),
    )
    counts = (len(comparison.solvers), "solver"), (len(comparison.instances), "instance"), (len(runs), "run")
    title = "{} on {}, {}".format(*(f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts))
    return Report(title, comparison, sections)
