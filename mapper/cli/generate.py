"""``mapper instances generate`` and ``families``: networks of the field's families from parameters and a seed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mapper.cli import _common
from mapper.cli._summary import table

if TYPE_CHECKING:
    from instances.generators import Family, Generated


class _WithFamilies(click.Command):
    """A command whose help ends with the families; they are loaded when the help is shown."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the families and grids."""
        from instances.generators import FAMILIES, GRIDS

        with formatter.section("Families (their parameters: mapper instances families NAME)"):
            formatter.write_dl([(name, family.summary) for name, family in FAMILIES.items()])
        with formatter.section("Grids"):
            formatter.write_dl([(name, f"{len(grid)} x {grid.family}: {grid.source}") for name, grid in GRIDS.items()])


def _parameters(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    parameters = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not (equals and name.strip()):
            raise click.BadParameter(f"{value!r} must read NAME=VALUE, e.g. n=800")
        parameters[name.strip()] = text.strip()
    return parameters


@click.command(cls=_WithFamilies)
@click.argument("family", required=False)
@click.option(
    "--param", "parameters", multiple=True, metavar="NAME=VALUE", callback=_parameters,
    help="A parameter of the family; may be repeated.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of all random choices.")
@click.option("--neuron-size", type=int, help="Denmems per neuron.  [default: the family's]")
@click.option(
    "--defects", default="", metavar="NAME|random:SHARE",
    help="A shipped blacklist, or a random one: SHARE of the denmems and drivers, fewer buses and HICANNs.",
)  # fmt: skip
@click.option("--name", "called", help="Name of the instance.  [default: from family, parameters and seed]")
@click.option("--grid", help="Make all networks of this grid instead of one of a family.")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files; with --grid, of the folders.  [default: the instance's name]",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@_common.common_options
def generate(
    family: str | None,
    parameters: dict[str, str],
    seed: int,
    neuron_size: int | None,
    defects: str,
    called: str | None,
    grid: str | None,
    output: Path | None,
    force: bool,
) -> None:
    """Make an instance of FAMILY and print what was written.

    The same family, parameters and seed give the same files everywhere.
    """
    from instances.generators import generate as make
    from instances.generators import grid as find_grid

    common: dict[str, Any] = {"seed": seed, "defects": defects}
    if (family is None) == (grid is None):
        raise _common.Refused("name a family, or a grid with --grid (mapper instances families lists both)")
    if grid is None:
        one = make(str(family), called=called, neuron_size=neuron_size, **common, **_free(parameters))
        _write(one, output or Path(one.name), force)
        return
    if parameters or called or neuron_size:
        raise _common.Refused("a grid has its own parameters, sizes and names: omit --param, --name, --neuron-size out")
    found = find_grid(grid)
    for point in found:
        size = point["neuron_size"] if len(found.neuron_sizes) > 1 else None
        one = make(found.family, **common, **point)
        if size is not None:
            one = make(found.family, called=f"{one.name}-d{size}", **common, **point)
        _write(one, (output or Path()) / one.name, force)


def _free(parameters: dict[str, str]) -> dict[str, Any]:
    """Return parameters that cannot be mistaken for options of `generate`."""
    for name, option in (("seed", "--seed"), ("neuron_size", "--neuron-size"), ("called", "--name")):
        if name in parameters:
            raise _common.Refused(f"{name} is no parameter of the family: use {option}")
    return dict(parameters)


def _write(one: Generated, folder: Path, force: bool) -> None:
    if (folder / "instance.yaml").exists() and not force:
        raise _common.Refused(f"{folder / 'instance.yaml'} exists; --force overwrites it")
    click.echo("\n".join(str(path) for path in one.write(folder)))


@click.command()
@click.argument("name", required=False)
@_common.json_option
@_common.common_options
def families(name: str | None, as_json: bool) -> None:
    """List the families of networks, or the parameters of the family NAME."""
    from instances.generators import FAMILIES, GRIDS, family

    chosen = list(FAMILIES.values()) if name is None else [family(name)]
    if as_json:
        grids = [{"name": g.name, "family": g.family, "source": g.source, "points": list(g)} for g in GRIDS.values()]
        document: dict[str, Any] = {"families": [_described(one) for one in chosen]}
        click.echo(_common.to_json(document | ({} if name else {"grids": grids})), nl=False)
    elif name is None:
        click.echo(table(["family", "parameters", "what"], [_row(one) for one in chosen], left=(0, 1, 2)))
        rows = [[g.name, g.family, str(len(g)), g.source] for g in GRIDS.values()]
        click.echo("\n" + table(["grid", "family", "networks", "of"], rows, left=(0, 1, 3)))
    else:
        click.echo(_text(chosen[0]))


def _row(one: Family) -> list[str]:
    return [one.name, " ".join(f"{p.name}={_shown(p.default)}" for p in one.parameters[:4]), one.summary]


def _described(one: Family) -> dict[str, Any]:
    return {
        "name": one.name,
        "summary": one.summary,
        "source": one.source,
        "neuron_size": one.neuron_size,
        "parameters": [
            {"name": p.name, "default": p.default, "meaning": p.meaning, "least": p.least, "most": p.most}
            for p in one.parameters
        ],
    }


def _text(one: Family) -> str:
    rows = [[p.name, _shown(p.default), p.range_text, p.meaning] for p in one.parameters]
    source = f"  source: {one.source}\n" if one.source else ""
    parameters = table(["parameter", "default", "range", "what"], rows, left=(0, 2, 3))
    return f"{one.name}: {one.summary}\n{source}  neuron size: {one.neuron_size} denmems\n\n{parameters}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)
