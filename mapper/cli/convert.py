"""``mapper convert``: scripts, graphs and matrices become instances, solutions become networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mapper.cli import _common
from mapper.cli._calibration import calibration_option
from mapper.cli._conversions import (
    GRAPHS,
    INSTANCES,
    MATRICES,
    NETWORKS,
    Wishes,
    graph_to_instance,
    matrix_to_instance,
    script_to_instance,
    solution_to_network,
    to_defects,
    to_redman,
    yaml_kind,
)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("source")
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="File or directory to write.")
@click.option("--name", help="Name of the instance.  [default: that of the file]")
@click.option("--run", "number", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
              help="Scripts: take the network of the N-th mapping.")  # fmt: skip
@click.option("--solver", metavar="NAME", help="Scripts: solver if the script names none, as of mapper run.")
@click.option("--wafer", type=click.IntRange(min=0), help="Number of the wafer; of scripts WAFER.")
@click.option("--inputs", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="MATRIX",
              help="Matrices: weights from sources (rows) to neurons (columns).")  # fmt: skip
@click.option("--weight", type=click.FloatRange(min=0, min_open=True),
              help="Matrices: of all entries; graphs: of edges without one [uS].")  # fmt: skip
@click.option("--cell", default="IF_cond_exp", show_default=True, help="Matrices, graphs: PyNN cell type.")
@click.option("--rate", type=click.FloatRange(min=0), default=2.0, show_default=True, help="Rate of --inputs [Hz].")
@click.option("--neuron-size", type=click.IntRange(2, 64), default=4, show_default=True,
              help="Matrices, graphs: denmems of a neuron, even.")  # fmt: skip
@click.option("--redman-version", "redman", type=click.IntRange(0, 3), default=3, show_default=True,
              help="Of the files of a redman directory.")  # fmt: skip
@calibration_option
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@_common.common_options
@click.pass_context
def convert(
    ctx: click.Context, /, source: str, args: tuple[str, ...], output: Path, force: bool, number: int, **options: Any
) -> None:
    """Convert SOURCE and print what was written.

    \b
    script.py [ARGS]...           -o instance.yaml   the network that a pyhmf script builds, without mapping it
    graph.graphml | .gml | .gexf  -o instance.yaml   networkx graphs
    matrix.npz | .mtx | .npy      -o instance.yaml   scipy.sparse and numpy: weights [uS], negative: inhibitory
    INSTANCE SOLUTION             -o FILE.npz|.csv   realised synapses with weight, delay and hops
    INSTANCE SOLUTION             -o FILE.h5         the same as SONATA nodes and edges
    DIRECTORY | db.yaml           -o defects.yaml    redman's files, hardware database
    defects.yaml | INSTANCE       -o DIRECTORY       redman's files

    Long arrays of an instance go to an npz file beside it.  ARGS that this command knows, too, follow after --.
    """  # noqa: D301 - \b is click's mark for a table
    wishes, path = Wishes(run=number, **options), Path(source)
    what = _kind_of(path, args, output)
    if what != "redman":
        _check(output, NETWORKS if what == "solution" else INSTANCES, force)

    def say(line: str) -> None:
        if not _common.is_quiet(ctx):
            click.echo(line, err=True)

    code = _common.DONE
    written: tuple[Path, ...]
    match what:
        case "script":
            written, code = script_to_instance(path, args, output, wishes, say)
        case "graph":
            written = graph_to_instance(path, output, wishes)
        case "matrix":
            written = matrix_to_instance(path, output, wishes)
        case "solution":
            written = solution_to_network(source, Path(args[0]), output, wishes, say)
        case "defects":
            written = to_defects(path, output, wishes)
        case _:
            written = to_redman(_common.instance_path(source), output, wishes)
    if written:
        click.echo("\n".join(str(file) for file in written))
    ctx.exit(code)


def _kind_of(source: Path, args: tuple[str, ...], output: Path) -> str:
    """Return what is converted.

    Raises
    ------
    Refused
        If a file does not exist, or nothing of the kind of the output can be made of it.
    """
    suffix, target = source.suffix.lower(), output.suffix.lower()
    found = "script" if suffix == ".py" else "graph" if suffix in GRAPHS else "matrix" if suffix in MATRICES else ""
    if found and not source.is_file():
        raise _common.Refused(f"{str(source)!r} is no file")
    if found == "script" or (found and not args):
        return found
    if found or len(args) > 1:
        raise _common.Refused(f"{source} does not go together with {args[-1]!r}: name an INSTANCE and a SOLUTION")
    if args:
        if not Path(args[0]).is_file():
            raise _common.Refused(f"{args[0]!r} is no solution file")
        return "solution"
    if source.is_dir() or (target in INSTANCES and source.is_file() and yaml_kind(source) == "hwdb"):
        return "defects"
    if target:
        raise _common.Refused(f"{source} alone cannot become {target}: name a SOLUTION, or a directory with -o")
    return "redman"


def _check(output: Path, endings: tuple[str, ...], force: bool) -> None:
    """Refuse early what could not be written late."""
    if output.suffix.lower() not in endings:
        raise _common.Refused(f"the name of the result must end in {', '.join(endings)} (got {output})")
    _common.check_writable(output, force)
    data = output.with_suffix(".npz")
    if output.suffix in INSTANCES and data.exists() and not force:
        raise _common.Refused(f"{data} exists, where the arrays may have to go; --force overwrites it")
