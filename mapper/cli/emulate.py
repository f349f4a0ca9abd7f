"""``mapper emulate``: what a mapping does to the dynamics of the network."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mapper.cli import _common, _config
from mapper.cli._calibration import calibration_option, mismatch, read_calibration
from mapper.cli._emulation import document, report_document, saturated, saturated_text, text
from mapper.cli._emulation_options import analysis_options, imperfection_options, run_options, setup_of

if TYPE_CHECKING:
    from emulator.experiment import Outcome
    from models.instance import Instance
    from models.network import Network
    from models.solution import Solution

_SUFFIXES: Final = (".h5", ".hdf5", ".npz")
_SUMMARY: Final = ".emulation.json"


@click.command()
@click.argument("instance")
@click.argument("solutions", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@run_options
@calibration_option
@imperfection_options
@analysis_options
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE.h5|FILE.npz", help="Write recordings.")
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@_common.json_option
@_config.configured
@_common.common_options
@click.pass_context
def emulate(
    ctx: click.Context,
    /,
    instance: str,
    solutions: tuple[Path, ...],
    output: Path | None,
    force: bool,
    calibration: Path | None,
    as_json: bool,
    reference: str,
    control: bool,
    **options: Any,
) -> None:
    """Run INSTANCE as SOLUTION... realise it, decoded from their bits, and as it was asked for.

    Prints the loss, rates, CV of intervals, correlation, synchrony, in-degree, excitation and the distance of spike
    trains from the reference, for every population, solutions below each other.  Several runs go to one file each,
    FILE.LABEL.h5; sampled quantities to FILE.LABEL.QUANTITY.h5 (SONATA), or with the spikes (npz); the measures and
    what "mapper report" draws of them to FILE.emulation.json.
    """
    if not solutions and reference == "none":
        raise _common.Refused("nothing to run: name a SOLUTION, or drop --reference none")
    if output is not None:
        _check_output(output, force)
    if reference == "nest" and importlib.util.find_spec("nest") is None:
        raise _common.MissingExtra("NEST (nest-simulator)", "reference")
    problem = _common.read_instance(instance)
    claims = _read_solutions(solutions, problem)
    curves = None if calibration is None else read_calibration(calibration, problem)
    setup = replace(setup_of(options, problem.network), calibration=curves)
    for label, claim in claims.items():
        if complaint := mismatch(label, claim, curves):
            click.echo(f"warning: {complaint}", err=True)
    from emulator.experiment import emulate as emulate_all
    from emulator.nest_reference import run_in_nest
    from emulator.run import run

    quiet = _common.is_quiet(ctx)
    outcomes = emulate_all(
        problem,
        claims,
        setup,
        reference={"unmapped": run, "nest": run_in_nest, "none": None}[reference],
        control=control,
        say=(lambda line: None) if quiet else (lambda line: click.echo(line, err=True)),
    )
    _warn(outcomes)
    written = []
    if output is not None:
        summary = _common.to_json(report_document(problem, setup, outcomes, claims))
        written = _write(outcomes, problem.network, output, force, summary)
    beyond = {label: saturated(problem, claim, setup.calibration) for label, claim in claims.items()}
    if as_json:
        click.echo(_common.to_json(document(problem, setup, outcomes, written, beyond)), nl=False)
    else:
        click.echo("\n".join([text(problem, setup, outcomes, written), *saturated_text(beyond)]))


def _read_solutions(paths: tuple[Path, ...], problem: Instance) -> dict[str, Solution]:
    """Return the solutions by the shortest label that tells them apart."""
    from emulator.experiment import CONTROL, REFERENCE
    from models.solution import load

    names = [path.name.removesuffix(".sol.zip") for path in paths]
    claims = {}
    for name, path in zip(names, paths, strict=True):
        claim = load(path)
        if claim.digest != problem.digest:
            raise _common.Refused(
                f"{path} solves another instance: {claim.instance} {claim.digest}, "
                f"but {problem.name} has {problem.digest}"
            )
        plain = names.count(name) == 1 and name not in (REFERENCE, CONTROL)
        claims[name if plain else str(path)] = claim
    if len({_slug(label) for label in claims}) < len(paths):
        raise _common.Refused("a solution is named twice, or two have nearly the same name")
    return claims


def _slug(label: str) -> str:
    """Return a label as part of a file name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", label).strip("-")


def _warn(outcomes: tuple[Outcome, ...]) -> None:
    for outcome in outcomes:
        if outcome.audit is not None and outcome.audit.violations:
            number = len(outcome.audit.violations)
            click.echo(f"warning: {outcome.label} breaks {number} rules, see mapper check", err=True)


def _check_output(path: Path, force: bool) -> None:
    """Refuse early what could not be written late."""
    if path.suffix not in _SUFFIXES:
        raise _common.Refused(f"{path}: recordings are written as {', '.join(_SUFFIXES)}; end the name with one")
    if path.suffix != ".npz" and importlib.util.find_spec("h5py") is None:
        raise _common.MissingExtra("h5py", "sonata")
    _common.check_writable(path, force)
    _common.check_writable(path.with_name(path.stem + _SUMMARY), force)


def _write(
    outcomes: tuple[Outcome, ...], network: Network, path: Path, force: bool, summary: str
) -> list[Path]:  # fmt: skip
    """Write all recordings and the summary, or nothing; return the files."""
    import tempfile

    from emulator.sonata import write_report, write_spikes

    several = sum(len(outcome.runs) for outcome in outcomes) > 1
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        made = []
        for outcome in outcomes:
            for trial, one in enumerate(outcome.runs):
                name = path.stem
                if several:
                    name += f".{_slug(outcome.label)}"
                name += f".trial{trial}" if len(outcome.runs) > 1 else ""
                made.append(Path(folder) / f"{name}{path.suffix}")
                if path.suffix == ".npz":
                    one.recording.to_npz(made[-1])
                    continue
                write_spikes(one.recording, network, made[-1])
                for trace in one.recording.traces:
                    made.append(Path(folder) / f"{name}.{trace.variable}{path.suffix}")
                    write_report(one.recording, trace.variable, network, made[-1])
        made.append(Path(folder) / f"{path.stem}{_SUMMARY}")
        made[-1].write_text(summary, encoding="utf-8")
        final = [path.parent / one.name for one in made]
        for target in final:
            _common.check_writable(target, force)
        for new, target in zip(made, final, strict=True):
            new.replace(target)
    return final
