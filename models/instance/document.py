"""From an instance back to its document, so that networks made by scripts and programs can be kept as files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.hardware.limits import LIMITS
from models.instance.hardware import defect_lists
from models.instance.instance import Instance, PlacementRequest
from models.instance.scalars import INSTANCE_NAME, PART_NAME
from models.instance.schema import FORMAT
from models.instance.writer import instance_text, npz_bytes, write_bytes
from models.network import (
    AllToAll,
    FixedNumberPost,
    FixedNumberPre,
    FixedProbability,
    Normal,
    OneToOne,
    Population,
    Projection,
    TsodyksMarkram,
    Uniform,
    View,
)

#: Longer lists of numbers and pairs stand in the data file.
INLINE: Final = 32
_LONGEST: Final = 64


def save_instance(instance: Instance, path: str | Path) -> tuple[Path, ...]:
    """Write an instance file, long arrays into an npz file of the same name beside it; return what was written.

    The network, the wafer, the limits and the constraints read back are the same; populations and projections whose
    names cannot stand in a file get similar ones.

    Raises
    ------
    models.errors.InstanceError
        If a connector cannot be carried out.
    OSError
        If a file cannot be written.
    """
    file = Path(path)
    data = f"{file.stem}.npz"
    document, arrays = document_of(instance, data)
    written = [file]
    if arrays:
        content = npz_bytes(arrays)
        _claim(document, data, f"sha256:{hashlib.sha256(content).hexdigest()}")
        write_bytes(file.with_name(data), content)
        written.append(file.with_name(data))
    write_bytes(file, instance_text(document).encode())
    return tuple(written)


def document_of(instance: Instance, data: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the document of an instance, and the arrays that it expects in the npz file ``data``."""
    network, writer = instance.network, _Writer(instance, data)
    document: dict[str, Any] = {"format": FORMAT, "name": _legal([instance.name], INSTANCE_NAME)[instance.name]}
    if instance.title:
        document["title"] = instance.title
    if instance.origin:
        document["origin"] = dict(instance.origin)
    document["network"] = {
        "populations": {writer.populations[p.name]: writer.population(p) for p in network.populations},
        "projections": {writer.projections[p.name]: writer.projection(i) for i, p in enumerate(network.projections)},
    }
    document["hardware"] = _hardware(instance)
    if instance.placement:
        document["placement"] = [writer.request(request) for request in instance.placement]
    if instance.shared_buses:
        document["merging"] = {"shared_buses": [writer.view(view) for view in instance.shared_buses]}
    budget = {f.name: getattr(instance.budget, f.name) for f in fields(instance.budget)}
    budget = {name: value for name, value in budget.items() if value not in (None, 1)}
    if budget:
        document["budget"] = budget
    return document, writer.arrays


def _hardware(instance: Instance) -> dict[str, Any]:
    wafer, limits = instance.wafer, instance.limits
    found: dict[str, Any] = {"wafer": wafer.number}
    if wafer.region is not None:
        found["region"] = {"hicanns": sorted(int(h) for h in wafer.region)}
    if wafer.defects:
        found["defects"] = defect_lists(wafer.defects)
    changed = {name: getattr(limits, name) for name in LIMITS if getattr(limits, name) != LIMITS[name].default}
    if changed:
        found["limits"] = changed
    return found


def _claim(tree: Any, data: str, digest: str) -> None:
    """Name the digest of the data file wherever a document refers to it."""
    for value in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(value, dict) and data in (value.get("path"), value.get("file")):
            value["digest"] = digest
        elif isinstance(value, dict | list):
            _claim(value, data, digest)


def _legal(names: Iterable[str], pattern: str) -> dict[str, str]:
    """Return a name that may stand in a document for each name, itself where it may; all differ."""
    whole, found = re.compile(pattern), {}
    given = list(names)
    taken = {name for name in given if whole.fullmatch(name)}
    for name in given:
        new = name
        if name not in taken:
            stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).lstrip(".-")[: _LONGEST - 8]
            stem = stem if whole.fullmatch(stem) else f"n{stem}"
            new, number = stem, 2
            while new in taken:
                new, number = f"{stem}-{number}", number + 1
            taken.add(new)
        found[name] = new
    return found


@dataclass(slots=True)
class _Writer:
    """Turns parts of a network into parts of a document; gathers the arrays for the data file."""

    instance: Instance
    data: str
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    populations: dict[str, str] = field(init=False)
    projections: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        network = self.instance.network
        self.populations = _legal((p.name for p in network.populations), PART_NAME)
        self.projections = _legal((p.name for p in network.projections), PART_NAME)

    # --- populations

    def population(self, population: Population) -> dict[str, Any]:
        """Return the body of a population."""
        name = self.populations[population.name]
        params = {key: self.value(population, name, key, value) for key, value in population.params.items()}
        body: dict[str, Any] = {"size": population.size, "cell": population.cell}
        return {**body, "params": params} if params else body

    def value(self, population: Population, name: str, key: str, value: Any) -> Any:
        """Return a parameter: a number, a list, a distribution, or a reference to the data file."""
        if isinstance(value, Normal | Uniform):
            if name == population.name:
                return _distribution(value)
            value = value.draw(population.size, f"{population.name}/{key}")
        if not isinstance(value, list | tuple) and np.ndim(value) == 0:
            return float(value)
        if key == "spike_times" and len(value) and np.ndim(value[0]):
            return self.trains(f"{name}.{key}", [np.asarray(train, dtype=np.float64) for train in value])
        return self.listed(f"{name}.{key}", np.asarray(value, dtype=np.float64), key)

    def trains(self, key: str, trains: list[NDArray[np.float64]]) -> Any:
        """Return spike times cell by cell; trains of one length can stand in the data file."""
        if sum(map(len, trains)) > INLINE and len({len(train) for train in trains}) == 1:
            return self.array(key, np.stack(trains))
        return [train.tolist() for train in trains]

    def listed(self, key: str, values: NDArray[np.float64], parameter: str) -> Any:
        """Return numbers: one if all cells have the same, a short list, or a reference."""
        if parameter not in ("spike_times", "tau_syn", "e_rev") and len(values) and np.all(values == values[0]):
            return float(values[0])
        return values.tolist() if values.size <= INLINE else self.array(key, values)

    def array(self, key: str, values: NDArray[Any]) -> dict[str, str]:
        """Put an array into the data file and return the reference to it."""
        self.arrays[key] = values
        return {"file": self.data, "key": key}

    # --- projections

    def projection(self, index: int) -> dict[str, Any]:
        """Return the body of a projection."""
        projection = self.instance.network.projections[index]
        rule = _rule(projection) if self.projections[projection.name] == projection.name else None
        connector, weight, delay = self.edges(index) if rule is None else (*rule, _delay(projection))
        body = {
            "pre": self.side(projection.pre),
            "post": self.side(projection.post),
            "receptor": projection.receptor,
            "connector": connector,
            "synapse": _synapse(projection, weight),
        }
        if projection.loss_weight != 1.0:
            body["loss_weight"] = float(projection.loss_weight)
        return body if delay is None else {**body, "delay": delay}

    def edges(self, index: int) -> tuple[dict[str, Any], Any, Any]:
        """Return the synapses of a projection as a list or file; weight and delay, where they do not stand there."""
        network = self.instance.network
        projection, synapses = network.projections[index], network.synapses
        first, last = np.searchsorted(synapses.projection, [index, index + 1])
        pre, post = (
            self.local(cells[first:last], views)
            for cells, views in ((synapses.pre, projection.pre), (synapses.post, projection.post))
        )
        weight = synapses.weight[first:last]
        same = bool(len(weight) == 0 or np.all(weight == weight[0]))
        common = _shortest(weight[0]) if same and len(weight) else 1.0
        delay = network.delays[first:last]
        alike = bool(len(delay) == 0 or np.isnan(delay).all() or np.all(delay == delay[0]))
        asked = _shortest(delay[0]) if alike and len(delay) and not np.isnan(delay[0]) else None
        if same and alike and len(pre) <= INLINE:
            return {"kind": "list", "pairs": np.column_stack([pre, post]).tolist()}, common, asked
        prefix = f"{self.projections[projection.name]}."
        self.arrays |= {f"{prefix}pre": pre, f"{prefix}post": post}
        if not same:
            self.arrays[f"{prefix}weight"] = weight
        if not alike:
            self.arrays[f"{prefix}delay"] = delay
        return {"kind": "file", "path": self.data, "prefix": prefix}, common if same else None, asked

    def local(self, cells: NDArray[np.int32], views: tuple[View, ...]) -> NDArray[Any]:
        """Return the place of cells in the concatenation of views, (n,)."""
        network = self.instance.network
        members = np.concatenate([network.cells(view) for view in views])
        place = np.zeros(network.n_cells, dtype=np.int64)
        place[members] = np.arange(len(members))
        return place[cells].astype(np.min_scalar_type(max(len(members) - 1, 0)))

    def side(self, views: tuple[View, ...]) -> Any:
        """Return one side of a projection."""
        return self.view(views[0]) if len(views) == 1 else [self.view(view) for view in views]

    def view(self, view: View) -> Any:
        """Return the reference to some cells."""
        network, name = self.instance.network, self.populations[view.population]
        size = network.populations[network.index[view.population]].size
        steps = {int(step) for step in np.diff(np.asarray(view.indices))} or {1}
        step = steps.pop()
        if steps or step < 1:
            return {"population": name, "indices": [int(i) for i in view.indices]}
        first, last = int(view.indices[0]), int(view.indices[-1])
        if (first, last, step) == (0, size - 1, 1):
            return name
        return f"{name}[{first}:{last + 1}" + (f":{step}]" if step > 1 else "]")

    # --- constraints

    def request(self, request: PlacementRequest) -> dict[str, Any]:
        """Return a manual placement."""
        body: dict[str, Any] = {"population": self.view(request.view)}
        if request.hicanns:
            body["hicann"] = [int(h) for h in request.hicanns]
        if request.blocks:
            body["neuron_block"] = [{"hicann": int(h), "block": int(b)} for h, b in request.blocks]
        if request.neurons:
            body["neurons"] = [{"hicann": int(h), "column": int(c), "size": int(s)} for h, c, s in request.neurons]
        if request.size is not None:
            body["size"] = int(request.size)
        return body


def _distribution(value: Normal | Uniform) -> dict[str, Any]:
    kind = type(value).__name__.lower()
    return {kind: {f.name: getattr(value, f.name) for f in fields(value)}}


def _rule(projection: Projection) -> tuple[dict[str, Any], Any] | None:
    """Return a connector that a document has by name, and the weight; None if the synapses must be listed."""
    rule, weight = projection.connector, projection.synapse.weight
    if isinstance(weight, np.ndarray) or weight is None or isinstance(projection.delay, np.ndarray):
        return None
    given = _distribution(weight) if isinstance(weight, Normal | Uniform) else float(weight)
    match rule:
        case AllToAll():
            return {"kind": "all_to_all", "allow_self_connections": rule.allow_self_connections}, given
        case OneToOne():
            return {"kind": "one_to_one"}, given
        case FixedProbability():
            named: Mapping[str, Any] = {"kind": "fixed_probability", "p": rule.p}
        case FixedNumberPre():
            named = {"kind": "fixed_number_pre", "n": rule.n}
        case FixedNumberPost():
            named = {"kind": "fixed_number_post", "n": rule.n}
        case _:
            return None
    return {**named, "seed": rule.seed, "allow_self_connections": rule.allow_self_connections}, given


def _delay(projection: Projection) -> Any:
    """Return a delay that is no array, as a document has it; None without."""
    delay = projection.delay
    if delay is None:
        return None
    return _distribution(delay) if isinstance(delay, Normal | Uniform) else float(np.asarray(delay))


def _synapse(projection: Projection, weight: Any) -> dict[str, Any]:
    synapse = projection.synapse
    body: dict[str, Any] = {"kind": "static"}
    if isinstance(synapse, TsodyksMarkram):
        body = {"kind": "tsodyks_markram", "U": synapse.U, "tau_rec": synapse.tau_rec, "tau_facil": synapse.tau_facil}
    return body if weight is None else {**body, "weight": weight}


def _shortest(weight: np.float32) -> float:
    """Return the number with the fewest digits that reads as a weight of single precision."""
    short = float(str(weight))
    return short if np.float32(short) == weight else float(weight)
