"""From a family, its parameters and a seed to an instance: in memory, or as files."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from instances.generators._draft import Draft
from instances.generators._families import family
from instances.generators._parameters import GeneratorError
from instances.generators._planted import BITS
from models.instance import library, load_instance
from models.instance.digest import edges_digest
from models.instance.scalars import INSTANCE_NAME
from models.instance.schema import FORMAT
from models.instance.writer import write_instance

if TYPE_CHECKING:
    from instances.generators._parameters import Family
    from models.instance import Instance

#: Largest seed: the seeds of the instance format have no sign and fit into 64 bits.
_MOST: Final = 2**63 - 1
#: What ``random:SHARE`` disables, as multiples of the share; the proportions are those of the blacklist blacklist-7.
_RANDOM: Final = {"hicanns": 0.5, "drivers": 1.0, "neurons": 1.0, "hbuses": 0.25, "vbuses": 0.25}
_DATA: Final = "data"


@dataclass(frozen=True, slots=True, eq=False)
class Generated:
    """A generated instance.

    Attributes
    ----------
    document : dict
        The tree of ``instance.yaml``.
    arrays : dict
        The arrays of its data file.
    extra : dict
        Content of further files, by path: a blacklist, planted bits.
    """

    document: dict[str, Any]
    arrays: dict[str, NDArray[Any]]
    extra: dict[str, bytes]

    @property
    def name(self) -> str:
        """Return the name of the instance."""
        return str(self.document["name"])

    def write(self, folder: Path | str) -> tuple[Path, ...]:
        """Write the files of the instance into a folder and return them."""
        return write_instance(Path(folder), self.document, self.arrays, self.extra)

    def instance(self) -> Instance:
        """Return the instance, read from its files like any other."""
        with tempfile.TemporaryDirectory(prefix="instance-") as folder:
            self.write(folder)
            return load_instance(folder)


def generate(
    name: str,
    /,
    seed: int = 1,
    *,
    neuron_size: int | None = None,
    defects: str = "",
    called: str | None = None,
    **parameters: Any,
) -> Generated:
    """Return a network of a family.

    Parameters
    ----------
    name : str
        Name in `FAMILIES`.
    seed : int
        Determines every random choice.
    neuron_size : int or None
        Denmems per neuron; None: the family's.
    defects : str
        ``""``: a perfect wafer; the name of a shipped blacklist; or ``random:SHARE``, which disables that share of the
        denmems and drivers, a quarter of it of the buses, and half of it of the HICANNs, drawn with the seed.
    called : str or None
        Name of the instance; None: made from family, parameters and seed.
    **parameters
        Parameters of the family, as values or as text.

    Raises
    ------
    GeneratorError
        If the family, a parameter, or a value does not exist.
    """
    chosen = family(name)
    if type(seed) is not int or not 0 <= seed <= _MOST:
        raise GeneratorError(f"the seed must be a whole number, 0 or more (got {seed!r})")
    values = chosen.values(parameters)
    draft = chosen.build(values, seed)
    _limits(draft, chosen, neuron_size)
    suffix = _blacklist(draft, seed, defects)
    title = called or f"{chosen.stem(values)}-g{seed}{suffix}"
    if not re.fullmatch(INSTANCE_NAME, title):
        raise GeneratorError(f"{title!r} cannot be a name: a letter and up to 63 letters, digits, '_', '.', '-'")
    return _expecting(Generated(_document(title, draft, chosen, values, seed), draft.arrays, draft.extra))


def _limits(draft: Draft, chosen: Family, neuron_size: int | None) -> None:
    limits = draft.hardware.setdefault("limits", {})
    if "neuron_size" in limits and neuron_size not in (None, limits["neuron_size"]):
        raise GeneratorError(f"{chosen.name} brings its own neuron size, {limits['neuron_size']} (got {neuron_size})")
    if neuron_size is not None and (neuron_size % 2 or not 2 <= neuron_size <= 64):
        raise GeneratorError(f"the neuron size must be even, 2 to 64 (got {neuron_size})")
    draft.hardware["limits"] = {"neuron_size": neuron_size or chosen.neuron_size, **limits}


def _blacklist(draft: Draft, seed: int, defects: str) -> str:
    """Add defects to the document, and return what they add to its name."""
    if not defects:
        return ""
    if BITS in draft.extra:
        raise GeneratorError("a blacklist may disable what the planted bits use: defect_share=SHARE spares that")
    kind, colon, share = defects.partition(":")
    if kind == "random" and colon:
        try:
            fraction = float(share)
        except ValueError:
            fraction = -1.0
        if not 0 <= fraction <= 1:
            raise GeneratorError(f"random:SHARE needs a share from 0 to 1 (got {share!r})")
        rates = {kind: fraction * times for kind, times in _RANDOM.items()}
        draft.hardware["defects"] = {"random": {"seed": seed, **rates}}
        return f"-random{fraction:g}"
    path = f"{_DATA}/{defects}.yaml"
    draft.extra[path] = library.defects_file(defects).read_bytes()
    draft.hardware["defects"] = {"files": [path]}
    return f"-{defects}"


def _document(
    title: str, draft: Draft, chosen: Family, values: Mapping[str, Any], seed: int
) -> dict[str, Any]:  # fmt: skip
    command = " ".join(f"{p.name}={values[p.name]}" for p in chosen.parameters if values[p.name] != p.default)
    origin: dict[str, Any] = {
        "source": f"mapper instances generate {chosen.name}, seed {seed}" + (f", {command}" if command else ""),
        "tags": ["generated", chosen.name],
    }
    if chosen.source:
        origin["citation"] = chosen.source
    return {
        "format": FORMAT,
        "name": title,
        "title": draft.title,
        "origin": origin,
        "network": {"populations": draft.populations, "projections": draft.projections},
        "hardware": draft.hardware,
        "budget": {"time_s": 300 if draft.synapses > 100_000 else 60, "threads": 2, "memory_mb": 4000},
    }


def _expecting(generated: Generated) -> Generated:
    """Add to every projection how many synapses it must have, and to the random ones which."""
    network = generated.instance().network
    synapses, counts = network.synapses, network.synapses.count_by_projection()
    if len(synapses) == 0:
        raise GeneratorError(f"{generated.name}: these parameters give a network without synapses")
    ends = np.cumsum(counts)
    projections = {}
    for i, (name, body) in enumerate(generated.document["network"]["projections"].items()):
        expect: dict[str, Any] = {"synapses": int(counts[i])}
        if "seed" in body["connector"]:
            own = slice(ends[i] - counts[i], ends[i])
            expect["digest"] = edges_digest(synapses.pre[own], synapses.post[own])
        projections[name] = {**body, "expect": expect}
    populations = generated.document["network"]["populations"]
    network_document = {"populations": populations, "projections": projections}
    return replace(generated, document={**generated.document, "network": network_document})
