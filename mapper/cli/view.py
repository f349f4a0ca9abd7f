"""``mapper view``: solutions on the wafer, as one HTML file or as still pictures."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mapper.cli import _common

if TYPE_CHECKING:
    from emulator import Audit
    from mapper.viewer.picture import Picture
    from models.instance import Instance
    from models.solution import Solution

_file = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class _Still:
    """What a still picture shows."""

    colour: str
    chip: int | None
    matrix: str | None
    routes: tuple[int, ...]
    difference: bool
    theme: str


def _routes(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[int, ...]:
    """Return nets 8 HICANN + DNC merger: ``H282.3``."""
    nets = []
    for value in values:
        match = re.fullmatch(r"[Hh]?(\d{1,3})\.([0-7])", value)
        if match is None or int(match[1]) >= 384:
            raise click.BadParameter(f"{value!r} must be HICANN.MERGER with 0..383 and 0..7, e.g. H282.3")
        nets.append(8 * int(match[1]) + int(match[2]))
    return tuple(nets)


@click.command()
@click.argument("solutions", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o", "--output", type=_file, help="HTML file to write.  [default: view.html, unless a picture is asked for]"
)
@click.option("--open", "show", is_flag=True, help="Open the page in the browser.")
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@click.option("--instance", metavar="INSTANCE", help="The instance solved, unless it is a shipped one.")
@click.option(
    "--level", "--detail", type=click.Choice(["auto", "routes", "synapses"]), default="auto", show_default=True,
    help="With every single synapse, or (smaller file) without; auto decides by size.",
)  # fmt: skip
@click.option("--audit/--no-audit", default=True, show_default=True, help="List what the emulator finds in the bits.")
@click.option("--svg", type=_file, help="Write a still picture.")
@click.option("--png", type=_file, help="Write a still picture; needs matplotlib.")
@click.option(
    "--colour", "--color", default="neurons", show_default=True, help="What colours the wafer in a still picture."
)  # fmt: skip
@click.option(
    "--route", "routes", multiple=True, callback=_routes, metavar="H282.3",
    help="Draw the tree of a route into the picture of the wafer; may be repeated.",
)  # fmt: skip
@click.option("--chip", "--hicann", type=click.IntRange(0, 383), help="Picture one HICANN in detail.")
@click.option(
    "--matrix", metavar="NAME",
    help='Picture the loss as a matrix: "populations", or the cells of the projection of this name.',
)  # fmt: skip
@click.option("--difference", is_flag=True, help="Picture the second solution minus the first.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True, help="Of pictures.")
@_common.common_options
@click.pass_context
def view(
    ctx: click.Context,
    solutions: tuple[Path, ...],
    output: Path | None,
    show: bool,
    force: bool,
    instance: str | None,
    level: str,
    audit: bool,
    svg: Path | None,
    png: Path | None,
    colour: str,
    routes: tuple[int, ...],
    chip: int | None,
    matrix: str | None,
    difference: bool,
    theme: str,
) -> None:
    """Show SOLUTIONS of one instance in the browser: one file, no network.

    Several solutions are compared side by side.  --svg and --png write still pictures instead.
    """
    if output is None and (show or (svg is None and png is None)):
        output = Path("view.html")
    for path in (output, svg, png):
        if path is not None:
            _common.check_writable(path, force)
    from models.solution import load

    loaded = [load(path) for path in solutions]
    for path, solution in zip(solutions, loaded, strict=True):
        if solution.digest != loaded[0].digest:
            raise _common.Refused(
                f"{path} solves {solution.instance} {solution.digest}, but {solutions[0]} {loaded[0].instance} "
                f"{loaded[0].digest}; show solutions of one instance"
            )
    problem = _instance(instance, loaded[0], level)
    labels = _labels(solutions)
    if svg is not None or png is not None:
        still = _Still(colour, chip, matrix, routes, difference, theme)
        _write_pictures(_picture(loaded, labels, problem, still), svg, png)
    if output is not None:
        _write_page(output, loaded, labels, problem, level, audit)
    for path in (output, svg, png):
        if path is not None and not _common.is_quiet(ctx):
            click.echo(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    if show and output is not None:
        click.launch(str(output))


def _instance(reference: str | None, first: Solution, level: str) -> Instance | None:
    """Return the instance named, else the shipped one that was solved, else None with a warning."""
    if reference is not None:
        problem = _common.read_instance(reference)
        if problem.digest != first.digest:
            raise _common.Refused(
                f"the solutions solve {first.instance} {first.digest}, but {problem.name} has {problem.digest}"
            )
        return problem
    from models.instance import library

    if library.is_known(first.instance):
        problem = library.load(first.instance)
        if problem.digest == first.digest:
            return problem
    if level == "synapses":
        raise _common.Refused("--level synapses needs the instance; name it with --instance")
    click.echo(
        f"{first.instance} is no shipped instance: without --instance there are no populations, losses by HICANN, "
        "defects and findings",
        err=True,
    )
    return None


def _labels(paths: tuple[Path, ...]) -> list[str]:
    """Return a short name for each file; equal ones are numbered."""
    names = [path.name.removesuffix(".sol.zip") for path in paths]
    return [f"{name} ({i + 1})" if names.count(name) > 1 else name for i, name in enumerate(names)]


def _picture(loaded: list[Solution], labels: list[str], problem: Instance | None, still: _Still) -> Picture:
    wafer = None if problem is None else problem.wafer
    if still.chip is not None:
        if len(loaded) != 1:
            raise _common.Refused(f"--chip pictures one solution (got {len(loaded)})")
        from mapper.viewer.chip_picture import chip_picture

        return chip_picture(loaded[0].mapping, still.chip, labels[0], wafer=wafer, theme=still.theme)
    shown = [(label, solution.mapping) for label, solution in zip(labels, loaded, strict=True)]
    if still.matrix is not None:
        if problem is None:
            raise _common.Refused("--matrix counts synapses of the network; name its --instance")
        from mapper.viewer.matrix_picture import matrix_picture

        return matrix_picture(
            shown, problem.network, still.matrix, difference=still.difference, theme=still.theme
        )  # fmt: skip
    from mapper.viewer.instance_data import pinned_hicanns
    from mapper.viewer.picture import wafer_picture

    return wafer_picture(
        shown,
        still.colour,
        network=None if problem is None else problem.network,
        wafer=wafer,
        difference=still.difference,
        theme=still.theme,
        routes=still.routes,
        pins=() if problem is None else pinned_hicanns(problem),
    )


def _write_pictures(picture: Picture, svg: Path | None, png: Path | None) -> None:
    from mapper.viewer.svg import to_svg, write_png

    if svg is not None:
        _common.write_text(svg, to_svg(picture))
    if png is not None:
        try:
            _write(png, lambda path: write_png(picture, path))
        except ImportError:
            raise _common.MissingExtra("matplotlib", "report") from None


def _write(path: Path, action: Callable[[Path], None]) -> None:
    """Let ``action`` write a file under a temporary name, then rename it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        action(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write_page(
    output: Path, loaded: list[Solution], labels: list[str], problem: Instance | None, level: str, audit: bool
) -> None:
    from mapper.viewer.data import collect
    from mapper.viewer.page import page

    audits: list[Audit | None] = []
    if audit and problem is not None:
        from emulator import audit as audit_bits

        audits = [audit_bits(problem, solution.configuration, solution.lost) for solution in loaded]
    _common.write_text(output, page(collect(loaded, labels, problem, audits, level)))
