"""``mapper bound``: what no mapping of an instance can do better, without searching for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from mapper.cli import _common
from mapper.cli._summary import table

if TYPE_CHECKING:
    from models.instance import Instance

_HEADER: Final = ("instance", "synapses", "bound", "%", "kind")


@click.command()
@click.argument("instances", nargs=-1, required=True, metavar="INSTANCE...")
@_common.json_option
@_common.common_options
def bound(instances: tuple[str, ...], as_json: bool) -> None:
    """Say how many synapses every mapping of each INSTANCE loses at least.

    The bound holds for every placement of the neurons, and for every size where the solver chooses it; nothing is
    searched.  A solver that proves more says so itself.
    """
    found = [_document(_common.read_instance(reference)) for reference in instances]
    if as_json:
        click.echo(_common.to_json({"bounds": found}), nl=False)
        return
    rows = [[d["instance"], str(d["synapses"]), str(d["lost"]), f"{d['lost_percent']:.2f}", d["kind"]] for d in found]
    click.echo(table(_HEADER, rows, left=(0, 4)))


def _document(instance: Instance) -> dict[str, Any]:
    from mapper.bounds import bound_any_placement
    from mapper.problem import Problem

    synapses, proven = len(instance.network.synapses), bound_any_placement(Problem(instance))
    return {
        "instance": instance.name,
        "digest": instance.digest,
        "synapses": synapses,
        "lost": proven.value,
        "lost_percent": _common.percent(proven.value, synapses),
        "kind": proven.kind,
    }
