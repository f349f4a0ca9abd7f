"""Options of ``mapper emulate``, and the `emulator.experiment.Setup` that they mean."""

from __future__ import annotations

import math
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

import click

from mapper.cli import _common

if TYPE_CHECKING:
    from emulator.experiment import Setup
    from emulator.variation import Variation
    from models.network import Network

_VIEW: Final = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*)(?:\[(\d*):(\d*)(?::(\d+))?\])?")
_QUANTITIES: Final = ("v", "w", "g")

#: Switch, attribute of Variation (None: finite bandwidth), help, whether it is on without --ideal.
_SWITCHES: Final = (
    ("neuron-spread", "neurons", "Fixed-pattern variation of neuron parameters and STP.", True),
    ("synapse-spread", "synapses", "Fixed-pattern variation of synaptic strengths.", True),
    ("delay-spread", "delays", "Variation of route delays.", True),
    ("trial-to-trial", "trial_to_trial", "Variation of programming the floating gates, anew in every trial.", True),
    ("quantisation", "quantised", "4-bit weights.", True),
    ("jitter", "jitter", "Jitter of spike times.", True),
    ("bandwidth", None, "Finite priority encoders, mergers, input links and FPGAs.", True),
    ("saturation", "saturates", "Saturation of synaptic inputs; its size is an estimate.", False),
)


def _settings(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    settings = {}
    for value in values:
        name, _, number = value.partition("=")
        try:
            size = float(number)
        except ValueError:
            raise click.BadParameter(f"{value!r} must read NAME=NUMBER, e.g. synapse=0.5") from None
        if not 0 <= size < math.inf:
            raise click.BadParameter(f"{name} must be 0 or more and finite (got {number})")
        settings[name.strip()] = size
    return settings


def _milliseconds(text: str) -> float:
    """Return a span of biological time in milliseconds; a click parameter type."""
    return 1e3 * _common.duration(text)


_milliseconds.__name__ = "duration"

run_options = _common.stacked(
    click.option(
        "--duration", type=_milliseconds, default="1s", show_default=True, help="Biological time: 500ms, 10s."
    ),
    click.option("--dt", type=float, default=0.1, show_default=True, help="Time step [ms]."),
    click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of sources and jitter."),
    click.option(
        "--trials", type=click.IntRange(min=1), default=1, show_default=True,
        help="Runs of each; every trial has another seed and another programming of the floating gates.",
    ),
    click.option(
        "--threads", type=click.IntRange(min=1), default=1, show_default=True,
        help="Trials that run at the same time; results do not depend on it.",
    ),
    click.option(
        "--run-threads", type=click.IntRange(min=1), default=1, show_default=True,
        help="Threads that share every run, for networks too large to run side by side; results do not depend on it.",
    ),
    click.option(
        "--reference", type=click.Choice(["unmapped", "nest", "none"]), default="unmapped", show_default=True,
        help="Run the network as it was asked for: in the same engine, or in NEST.",
    ),
    click.option(
        "--control/--no-control", default=True, show_default=True,
        help="Run the reference under another seed, too: what two runs of one network differ by.",
    ),
    click.option(
        "--initial", type=click.Choice(["rest", "random"]), default="rest", show_default=True,
        help="Potentials at t = 0: as in PyNN, or anywhere between reset and threshold.",
    ),
    click.option(
        "--delays", type=click.Choice(["route", "requested"]), default="route", show_default=True,
        help="Delays by the length of the physical routes, or the same as in the reference.",
    ),
    click.option(
        "--precision", type=click.Choice(["float32", "float64"]), default="float32", show_default=True,
        help="Of the state.",
    ),
)  # fmt: skip

imperfection_options = _common.stacked(
    click.option("--ideal", is_flag=True, help="Switch off all that follow; single ones can be on."),
    *(
        click.option(
            f"--{name}/--no-{name}", name.replace("-", "_"), default=None,
            help=f"{help_}  [default: {'on' if on else 'off'}]",
        )
        for name, _, help_, on in _SWITCHES
    ),
    click.option("--wafer-seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which wafer it is."),
    click.option(
        "--set", "settings", multiple=True, metavar="NAME=NUMBER", callback=_settings,
        help="Size of an imperfection, e.g. synapse=0.5; may be repeated; a wrong name lists all.",
    ),
)  # fmt: skip

analysis_options = _common.stacked(
    click.option("--discard", type=_milliseconds, help="Leave this time out at the beginning of the analysis."),
    click.option(
        "--bin", "bin_width", type=float, default=2.0, show_default=True,
        help="Bins of correlation and synchrony [ms].",
    ),
    click.option("--tau", type=float, default=20.0, show_default=True, help="Of the van Rossum distance [ms]."),
    click.option(
        "--record", multiple=True, metavar="v:POPULATION[a:b]",
        help="Sample v, w or g (potential, adaptation, conductances) of these cells; may be repeated.",
    ),
    click.option("--analog-limit", is_flag=True, help="Record no more membranes than a wafer has outputs (12)."),
)  # fmt: skip


def setup_of(options: dict[str, Any], network: Network) -> Setup:
    """Return what the options ask for.

    Raises
    ------
    MapperError
        If a value makes no sense.
    """
    from emulator.comparison import Analysis
    from emulator.experiment import Setup

    ideal = options["ideal"]
    usual = {name: usually and not ideal for name, _, _, usually in _SWITCHES}
    given = {name: options[name.replace("-", "_")] for name in usual}
    on = {name: usual[name] if given[name] is None else given[name] for name in usual}
    return Setup(
        duration=options["duration"],
        dt=options["dt"],
        seed=options["seed"],
        trials=options["trials"],
        threads=options["threads"],
        run_threads=options["run_threads"],
        variation=_variation(on, options["wafer_seed"], options["settings"]),
        transport=on["bandwidth"],
        delays=options["delays"],
        initial=options["initial"],
        analysis=Analysis(options["discard"] or 0.0, options["bin_width"], tau=options["tau"]),
        traces=tuple(_trace(record, network) for record in options["record"]),
        analog_limit=options["analog_limit"],
        precision=options["precision"],
    )


def _variation(on: dict[str, bool], wafer_seed: int, settings: dict[str, float]) -> Variation:
    from emulator.variation import Spread, Variation

    sizes = {f.name for f in fields(Spread)}
    direct = {"jitter", "trial_voltage", "trial_current", "trial_current_least", "saturation"}
    for name in settings:
        if name not in sizes | direct:
            raise _common.Refused(f"no imperfection {name!r}{_common.did_you_mean(name, sorted(sizes | direct))}")
    values: dict[str, Any] = {name: value for name, value in settings.items() if name in direct}
    values |= {attribute: on[name] for name, attribute, _, _ in _SWITCHES if attribute and attribute != "jitter"}
    if not on["jitter"]:
        values["jitter"] = 0.0
    spread = Spread(**{name: value for name, value in settings.items() if name in sizes})
    return Variation(seed=wafer_seed, spread=spread, **values)


def _trace(record: str, network: Network) -> tuple[str, Any]:
    """Return quantity and cells of ``v:POPULATION[a:b]``."""
    import numpy as np

    quantity, _, reference = record.partition(":")
    match = _VIEW.fullmatch(reference)
    if quantity not in _QUANTITIES or match is None:
        raise _common.Refused(f"--record {record!r}: write v:POPULATION or v:POPULATION[a:b], with v, w or g")
    from models.network import CELL_TYPES

    known = [p.name for p in network.populations if not CELL_TYPES[p.cell].is_source]
    if match[1] not in known:
        raise _common.Refused(
            f"--record {record!r}: no population of neurons {match[1]!r}{_common.did_you_mean(match[1], known)}"
        )
    first, end = network.offsets[network.index[match[1]] :][:2]
    size = int(end - first)
    begin, stop, step = (int(part) if part else None for part in (match[2], match[3], match[4]))
    if (begin or 0) >= (size if stop is None else stop) or (stop or 0) > size or step == 0:
        raise _common.Refused(f"--record {record!r}: the cells of {match[1]!r} are 0..{size - 1}")
    return quantity, np.arange(first, end)[begin:stop:step]
