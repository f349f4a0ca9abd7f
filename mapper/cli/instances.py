"""``mapper instances``: the shipped instances, and checks of one's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mapper.cli import _common
from mapper.cli._summary import table
from mapper.cli.best import best, submit
from mapper.cli.generate import families, generate

if TYPE_CHECKING:
    from models.instance import Instance

#: Files beside an instance that are no part of it.
_NOT_PART: Final = ("references.yaml", "solutions")


@click.group()
def instances() -> None:
    """List, show, copy, generate and validate instances, and show their best known solutions."""


for _command in (best, families, generate, submit):
    instances.add_command(_command)


@instances.command("list")
@click.option("--tag", help="Only instances with this tag.")
@_common.json_option
@_common.common_options
def list_(tag: str | None, as_json: bool) -> None:
    """List the shipped instances."""
    from models.instance import library

    found = [entry for entry in map(_entry, library.names()) if tag is None or tag in entry["tags"]]
    if as_json:
        click.echo(_common.to_json({"instances": found}), nl=False)
        return
    rows = [[entry["name"], entry["title"], ", ".join(entry["tags"])] for entry in found]
    click.echo(table(["name", "title", "tags"], rows, left=(0, 1, 2)))


def _entry(name: str) -> dict[str, Any]:
    """Return what the list says of a shipped instance, without building its network."""
    from models.instance import library
    from models.instance.loader import load_yaml

    data = load_yaml(library.find(name)).data
    tags = data.get("origin", {}).get("tags", [])
    return {"name": name, "title": data.get("title", ""), "tags": list(tags), "path": str(library.find(name))}


@instances.command()
@click.argument("instance")
@_common.json_option
@_common.common_options
def show(instance: str, as_json: bool) -> None:
    """Show what is in INSTANCE, and what is known of it."""
    path = _common.instance_path(instance)
    document = _described(_common.read_instance(instance), path)
    click.echo(_common.to_json(document) if as_json else _text(document) + "\n", nl=False)


def _described(instance: Instance, path: Path) -> dict[str, Any]:
    from models.instance.loader import load_yaml

    network = instance.network
    references = path.with_name("references.yaml")
    counts = network.synapses.count_by_projection()
    return {
        "name": instance.name,
        "title": instance.title,
        "digest": instance.digest,
        "path": str(path),
        "origin": dict(instance.origin),
        "populations": {p.name: {"size": p.size, "cell": p.cell} for p in network.populations},
        "projections": {p.name: int(n) for p, n in zip(network.projections, counts, strict=True)},
        "synapses": len(network.synapses),
        "limits": asdict(instance.limits),
        "hicanns": int(instance.wafer.hicanns.sum()),
        "manual_placements": len(instance.placement),
        "budget": asdict(instance.budget),
        "references": load_yaml(references).data if references.is_file() else None,
    }


def _text(document: dict[str, Any]) -> str:
    from models.hardware.limits import LIMITS

    changed = {name: value for name, value in document["limits"].items() if value != LIMITS[name].default}
    references = document["references"] or {}
    lines = [
        f"{document['name']}: {document['title']}",
        f"  digest       {document['digest']}",
        f"  file         {document['path']}",
        *[f"  population   {name}: {p['size']} {p['cell']}" for name, p in document["populations"].items()],
        *[f"  projection   {name}: {n} synapses" for name, n in document["projections"].items()],
        f"  synapses     {document['synapses']}",
        f"  HICANNs      {document['hicanns']} usable, {document['manual_placements']} manual placements",
        *[f"  limit        {name} = {value}" for name, value in changed.items()],
    ]
    for kind in ("published", "measured"):
        lines += [f"  {kind:<12} lost {r.get('lost')}: {r.get('source', '')}" for r in references.get(kind, [])]
    return "\n".join(lines)


@instances.command()
@click.argument("name")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A .yaml file, or a folder to put instance.yaml into.  [default: folder NAME]",
)
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@_common.common_options
def get(name: str, output: Path | None, force: bool) -> None:
    """Copy the shipped instance NAME with its data files, and print what was written."""
    from models.instance import library

    source, target = library.find(name), output or Path(name)
    if target.suffix not in (".yaml", ".yml"):
        target /= "instance.yaml"
    copies = [(source, target), *((file, target.parent / file.relative_to(source.parent)) for file in _data(source))]
    for _, copy in copies:
        if copy.exists() and not force:
            raise _common.Refused(f"{copy} exists; --force overwrites it")
    for file, copy in copies:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    click.echo("\n".join(str(copy) for _, copy in copies))


def _data(source: Path) -> Iterator[Path]:
    for file in sorted(source.parent.rglob("*")):
        if file.is_file() and file != source and file.relative_to(source.parent).parts[0] not in _NOT_PART:
            yield file


@instances.command()
@click.argument("files", nargs=-1, required=True, metavar="INSTANCE...")
@_common.json_option
@_common.common_options
@click.pass_context
def validate(ctx: click.Context, files: tuple[str, ...], as_json: bool) -> None:
    """Read instances and show every error of every file, one line each: file:line:col: where: what.

    Exit code 2 if a file has errors.
    """
    from models.errors import MapperError

    results: list[dict[str, Any]] = []
    for file in files:
        path = _common.instance_path(file)
        try:
            instance = _common.read_instance(file)
        except MapperError as error:
            results.append({"file": str(path), "valid": False, "errors": str(error).splitlines()})
        else:
            synapses = len(instance.network.synapses)
            results.append(
                {"file": str(path), "valid": True, "errors": [], "name": instance.name, "synapses": synapses}
            )
    if as_json:
        click.echo(_common.to_json({"files": results}), nl=False)
    for result in results:
        for line in result["errors"]:
            click.echo(line, err=True)
        if result["valid"] and not as_json:
            click.echo(f"{result['file']}: valid, {result['name']} with {result['synapses']} synapses")
    ctx.exit(_common.DONE if all(result["valid"] for result in results) else _common.USAGE)


@instances.command()
@click.argument("instance")
@_common.common_options
def digest(instance: str) -> None:
    """Print the digest of INSTANCE; comments and layout do not change it."""
    click.echo(_common.read_instance(instance).digest)


@instances.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--wafer", type=click.IntRange(min=0), default=33, show_default=True, help="Number of the wafer.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write.  [default: standard output]")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@_common.common_options
def defects(source: Path, wafer: int, output: Path | None, force: bool) -> None:
    """Convert SOURCE into a defects file: a directory of redman's XML files, or a hardware database db.yaml."""
    import yaml

    from models.hardware.hwdb import read_availability
    from models.hardware.redman_xml import read_redman
    from models.instance.hardware import defect_lists

    if output is not None:
        _common.check_writable(output, force)
    read = read_availability if source.is_file() else read_redman
    document = {"format": "wafer-defects/1", "wafer": wafer, **defect_lists(read(source, wafer))}
    text = yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=118)
    if output is None:
        click.echo(text, nl=False)
    else:
        _common.write_text(output, text)
