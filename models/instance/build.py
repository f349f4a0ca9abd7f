"""From a document to an instance: build the objects, check what refers to what, collect every fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import ValidationError

from models.errors import InstanceError, MeaningError, Problem
from models.hardware.limits import Limits
from models.hardware.wafer import Wafer
from models.instance import schema_network as nd
from models.instance.datafiles import DataError, DataFiles
from models.instance.digest import edges_digest, instance_digest
from models.instance.hardware import limits_of, wafer_of
from models.instance.instance import Budget, Instance, Objective, locate
from models.instance.loader import Document, dotted, load_yaml
from models.instance.messages import schema_problems
from models.instance.placement import placement_problems, requests_of
from models.instance.schema import FORMAT, InstanceDoc
from models.instance.views import reference_problems, view_of
from models.network import (
    AllToAll,
    Connector,
    FixedNumberPost,
    FixedNumberPre,
    FixedProbability,
    FromList,
    Network,
    Normal,
    OneToOne,
    Population,
    Projection,
    Static,
    TsodyksMarkram,
    Uniform,
)

T = TypeVar("T")


def load_instance(path: str | Path) -> Instance:
    """Read an instance file, or the ``instance.yaml`` of a folder.

    Raises
    ------
    InstanceError
        With all faults of the file, each with its ``file:line:col``.
    """
    file = Path(path)
    if file.is_dir():
        file = file / "instance.yaml"
    return build(load_yaml(file), file.parent)


def build(document: Document, folder: Path) -> Instance:
    """Return the instance of a parsed document; relative paths start from ``folder``.

    Raises
    ------
    InstanceError
        With all faults of the document.
    """
    problems: list[Problem] = []
    checked = _validated(document, problems)
    problems += reference_problems(document)
    if checked is None or problems:
        raise InstanceError(_ordered(problems))
    return _Build(checked, document, DataFiles(folder)).instance()


def _validated(document: Document, problems: list[Problem]) -> InstanceDoc | None:
    if not isinstance(document.data, dict):
        what = "empty" if document.data is None else "no mapping"
        hint = f"start with format: {FORMAT}"
        raise InstanceError([Problem(document.where(()), "", f"the document is {what}", hint)])
    try:
        return InstanceDoc.model_validate(document.data)
    except ValidationError as error:
        problems += schema_problems(document, error.errors())
        return None


def _ordered(problems: list[Problem]) -> list[Problem]:
    """Return the problems in the order of the file, each once."""

    def position(problem: Problem) -> tuple[str, int, int]:
        file, _, rest = problem.where.rpartition(":")
        name, _, line = file.rpartition(":")
        return (name, int(line), int(rest)) if line.isdigit() and rest.isdigit() else (problem.where, 0, 0)

    return sorted(dict.fromkeys(problems), key=position)


@dataclass(slots=True)
class _Build:
    """One run of the building; gathers problems as it goes."""

    document: InstanceDoc
    source: Document
    files: DataFiles
    problems: list[Problem] = field(default_factory=list)

    def instance(self) -> Instance:
        locations = {dotted(p): self.source.where(p) for p in self.source.values}
        folder = self.files.folder
        hardware = self.document.hardware
        nothing: tuple[Wafer, dict[str, Any]] = (Wafer(), {})
        wafer, defect_lists = self.attempt(lambda: wafer_of(hardware, folder), nothing)
        limits = self.attempt(lambda: limits_of(hardware), Limits())
        sizes = {name: body.size for name, body in self.document.network.populations.items()}
        network = self.attempt(lambda: self.network(sizes), None)
        requests = requests_of(self.document.placement, sizes, limits, locations)
        buses = tuple(view_of(reference, sizes) for reference in self.document.merging.shared_buses)
        if network is not None:
            self.attempt(lambda: self.check_expectations(network), None)
            self.problems += placement_problems(requests, network, wafer)
        self.problems += [
            Problem("", f"merging.shared_buses[{i}]", f"{len(bus)} cells do not fit on one bus", hint)
            for i, bus in enumerate(buses)
            if len(bus) > limits.sources_per_bus
            for hint in [f"a bus has {limits.sources_per_bus} addresses"]
        ]
        if self.problems or network is None:
            raise MeaningError(_ordered([_placed(problem, locations) for problem in self.problems]))
        budget, origin = self.document.budget, self.document.origin
        return Instance(
            self.document.name,
            network,
            wafer,
            limits,
            requests,
            buses,
            Objective(self.document.objective.minimise),
            Budget(budget.time_s, budget.det, budget.threads, budget.memory_mb),
            self.document.title,
            MappingProxyType(origin.model_dump(exclude_defaults=True)),
            instance_digest(self.document, {**self.files.digests, **defect_lists}),
            MappingProxyType(locations),
        )

    def attempt(self, action: Callable[[], T], otherwise: T) -> T:
        """Run a step; keep its problems and go on with ``otherwise`` if it fails."""
        try:
            return action()
        except InstanceError as error:
            self.problems += error.problems
            return otherwise

    def use(self, path: str, action: Callable[[], T], otherwise: T) -> T:
        """Run something that may fail at a path of the document."""
        try:
            return action()
        except ValueError as error:
            self.problems.append(Problem("", path, str(error), getattr(error, "hint", "")))
            return otherwise

    # --- network

    def network(self, sizes: Mapping[str, int]) -> Network:
        document = self.document.network
        populations = [self.population(name, body) for name, body in document.populations.items()]
        projections = [self.projection(name, body, sizes) for name, body in document.projections.items()]
        network = Network(tuple(populations), tuple(p for p in projections if p is not None))
        _ = network.synapses, network.delays
        return network

    def population(self, name: str, body: nd.PopulationDoc) -> Population:
        path = f"network.populations.{name}.params"
        params = {key: self.value(f"{path}.{key}", value) for key, value in body.params.items()}
        known = {key: value for key, value in params.items() if value is not None}
        return Population(name, body.size, body.cell, known)

    def value(self, path: str, value: Any) -> Any:
        if isinstance(value, nd.NormalDoc):
            return Normal(value.normal.mean, value.normal.sd, value.normal.seed)
        if isinstance(value, nd.UniformDoc):
            return Uniform(value.uniform.low, value.uniform.high, value.uniform.seed)
        if isinstance(value, nd.ArrayDoc):
            return self.use(path, lambda: self.files.array(value.file, value.key, value.digest), None)
        return value

    def projection(self, name: str, body: nd.ProjectionDoc, sizes: Mapping[str, int]) -> Projection | None:
        path = f"network.projections.{name}"
        pre = tuple(view_of(reference, sizes) for reference in body.pre)
        post = tuple(view_of(reference, sizes) for reference in body.post)
        n_pre = sum(len(view) for view in pre)
        connector = self.use(f"{path}.connector", lambda: self.connector(body.connector, n_pre), None)
        synapse = self.use(f"{path}.synapse", lambda: self.synapse(f"{path}.synapse", body), None)
        delay = None if body.delay is None else self.value(f"{path}.delay", body.delay)
        if connector is None or synapse is None:
            return None
        if delay is not None and getattr(connector, "delay", None) is not None:
            self.problems.append(Problem("", f"{path}.delay", "the delay is given here and in the connector's file"))
        return Projection(name, pre, post, body.receptor, connector, synapse, body.loss_weight, delay)

    def connector(self, body: Any, n_pre: int) -> Connector | None:
        match body:
            case nd.FileDoc():
                return self.files.edges(body.path, body.prefix, n_pre, body.digest)
            case nd.ListDoc():
                return FromList(body.pairs)
            case nd.AllToAllDoc():
                return AllToAll(body.allow_self_connections)
            case nd.OneToOneDoc():
                return OneToOne()
            case nd.FixedProbabilityDoc():
                return FixedProbability(body.p, body.seed, body.allow_self_connections)
        rule = FixedNumberPre if body.kind == "fixed_number_pre" else FixedNumberPost
        return rule(body.n, body.seed, body.allow_self_connections)

    def synapse(self, path: str, body: nd.ProjectionDoc) -> Static | TsodyksMarkram:
        given, connector = body.synapse, body.connector
        in_file = isinstance(connector, nd.FileDoc) and self.brings_weights(connector)
        if in_file and given.weight is not None:
            raise DataError("the weight is given here and in the connector's file", "give it once")
        if given.weight is None and not in_file:
            raise DataError("'weight' is missing", "give a weight [uS]")
        weight = self.value(f"{path}.weight", given.weight)
        if isinstance(given, nd.StaticDoc):
            return Static(weight)
        return TsodyksMarkram(weight, given.U, given.tau_rec, given.tau_facil)

    def brings_weights(self, connector: nd.FileDoc) -> bool:
        try:
            return f"{connector.prefix}weight" in self.files.keys(connector.path)
        except DataError:  # the connector reports it
            return False

    def check_expectations(self, network: Network) -> None:
        counts, synapses = network.synapses.count_by_projection(), network.synapses
        ends = counts.cumsum()
        for i, projection in enumerate(network.projections):
            expected = self.document.network.projections[projection.name].expect
            path = f"network.projections.{projection.name}.expect"
            if expected.synapses not in (None, counts[i]):
                message = f"{expected.synapses} synapses expected, {counts[i]} built"
                self.problems.append(Problem("", f"{path}.synapses", message))
            if expected.digest is not None:
                own = slice(ends[i] - counts[i], ends[i])
                digest = edges_digest(synapses.pre[own], synapses.post[own])
                if digest != expected.digest:
                    self.problems.append(Problem("", f"{path}.digest", f"the synapses' digest is {digest}"))


def _placed(problem: Problem, locations: Mapping[str, str]) -> Problem:
    if problem.where:
        return problem
    return Problem(locate(locations, problem.path), problem.path, problem.message, problem.hint)
