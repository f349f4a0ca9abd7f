"""Planted instances: legal bits drawn first, then the network that they realise, so that the optimum is a loss of 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from instances.generators._draft import Draft
from instances.generators._parameters import Family, GeneratorError, Parameter
from models.instance.writer import npz_bytes

if TYPE_CHECKING:
    from models.configuration import Configuration
    from models.hardware.defects import Defects
    from models.instance import Instance
    from models.network import Projection

#: Where the bits that lose nothing stand.
BITS: Final = "solutions/planted.npz"
#: Kinds of components that defects may take from what the planted bits leave alone.
_KINDS: Final = ("neurons", "drivers", "hbuses", "vbuses")


def _planted(values: Mapping[str, Any], seed: int) -> Draft:
    from emulator.planted import planted_instance
    from models.mapping import to_arrays

    try:
        instance, bits = planted_instance(seed, values["width"], values["height"])
    except ValueError as error:
        raise GeneratorError(str(error)) from None
    draft = Draft(f"Planted network on {values['width']} x {values['height']} HICANNs, of which nothing need be lost")
    for population in instance.network.populations:
        params = {k: list(v) if isinstance(v, tuple) else v for k, v in population.params.items()}
        draft.population(population.name, population.size, population.cell, **params)
    for projection in instance.network.projections:
        _add(draft, instance, projection)
    draft.hardware["region"] = {"hicanns": [int(h) for h in bits.hicanns]}
    limits = instance.limits
    draft.hardware["limits"] = {
        "neuron_size": limits.neuron_size, "driver_chain_length": limits.driver_chain_length,
    }  # fmt: skip
    if values["defect_share"]:
        _defects(draft, spared(instance, bits, values["defect_share"], seed))
    draft.extra[BITS] = npz_bytes(to_arrays(bits, "configuration"), compress=True)
    return draft


def _add(draft: Draft, instance: Instance, projection: Projection) -> None:
    """Add a projection whose pre cells are all populations."""
    from models.network import FromArrays

    connector = projection.connector
    assert isinstance(connector, FromArrays)
    sizes = np.array([population.size for population in instance.network.populations])
    first = np.cumsum(sizes) - sizes
    name = projection.name.replace(" ", "-")
    for population, start, size in zip(instance.network.populations, first, sizes, strict=True):
        mine = (connector.pre >= start) & (connector.pre < start + size)
        pairs = (connector.pre[mine] - start).astype(np.int64), connector.post[mine].astype(np.int64)
        draft.edges(f"{population.name}-{name}", population.name, "neuron", projection.receptor, pairs)
        if f"{population.name}-{name}" in draft.projections:
            draft.projections[f"{population.name}-{name}"]["synapse"] = _synapse(projection)


def _synapse(projection: Projection) -> dict[str, Any]:
    from models.network import TsodyksMarkram

    synapse = projection.synapse
    document: dict[str, Any] = {"kind": "static", "weight": synapse.weight}
    if isinstance(synapse, TsodyksMarkram):
        times = {"tau_rec": synapse.tau_rec, "tau_facil": synapse.tau_facil}
        document |= {"kind": "tsodyks_markram", "U": synapse.U, **times}
    return document


def spared(instance: Instance, bits: Configuration, share: float, seed: int) -> Defects:
    """Return random defects that hit nothing which the bits use, so that their loss stays 0.

    Parameters
    ----------
    instance, bits
        What was planted.
    share : float
        Share of denmems, synapse drivers and buses of the region that is disabled where it is not in use.
    seed : int
        Seed of the defects.
    """
    from emulator.netlist import netlist
    from emulator.neurons import neurons
    from models.hardware.defects import Defects, random_defects
    from models.hardware.layer1 import N_HLINES, N_LINES

    carried = netlist(bits, instance.wafer, instance.limits).net.reshape(-1, N_LINES) >= 0
    used = {"hbuses": carried[:, :N_HLINES], "vbuses": carried[:, N_HLINES:]}
    used["drivers"], used["neurons"] = (np.zeros((len(carried), n), dtype=np.bool_) for n in (224, 512))
    used["drivers"][bits.hicanns] = bits.driver_enable
    found = neurons(bits, instance.wafer, instance.network.is_source)
    for hicann, denmem in zip(bits.neuron_hicann, bits.neuron_denmem, strict=True):
        used["neurons"][hicann, found.members(int(hicann), int(denmem))] = True
    drawn = random_defects(seed, dict.fromkeys(_KINDS, share))
    kept = {}
    for kind in _KINDS:
        hicann, index = drawn.indices(kind).T
        kept[kind] = drawn.indices(kind)[np.isin(hicann, bits.hicanns) & ~used[kind][hicann, index]].tolist()
    return Defects.from_components(components=kept)


def _defects(draft: Draft, defects: Defects) -> None:
    """List defects in the document, HICANN by HICANN."""
    chips: dict[int, dict[str, Any]] = {}
    for kind in _KINDS:
        for hicann, index in defects.indices(kind).tolist():
            chips.setdefault(hicann, {"hicann": hicann}).setdefault(kind, []).append(index)
    draft.hardware["defects"] = {"components": [chips[hicann] for hicann in sorted(chips)]}


PLANTED = Family(
    "planted",
    "a random legal configuration, read back: the optimum is to lose nothing",
    (
        Parameter("width", 3, "HICANNs of the box from west to east", 1, 36),
        Parameter("height", 2, "HICANNs of the box from north to south", 1, 16),
        Parameter("defect_share", 0.0, "share of the unused denmems, drivers and buses that is disabled", 0, 1),
    ),
    _planted,
    named_by=("width", "height"),
)

FAMILIES = (PLANTED,)
