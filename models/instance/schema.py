"""The instance document ``wafer-instance/1`` as pydantic models, and its JSON Schema.

The models check the shape, the types and the ranges; what refers to something else (a population, a chip, a
data file) is checked when the instance is built.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from models.instance.scalars import Doc, Hicann, Hicanns, InstanceName, Int, Positive, Size, Text, listed
from models.instance.schema_hardware import HardwareDoc
from models.instance.schema_network import NetworkDoc, ViewRef

FORMAT: Final = "wafer-instance/1"


class BlockDoc(Doc):
    """A neuron block."""

    hicann: Hicann
    block: Annotated[Int, Field(ge=0, lt=8)]


class NeuronDoc(Doc):
    """The denmems of one neuron: both rows, ``size / 2`` columns from ``column``."""

    hicann: Hicann
    column: Annotated[Int, Field(ge=0, lt=256)]
    size: Size | None = None


class PlacementDoc(Doc):
    """Where cells must be placed, or with which size."""

    population: ViewRef
    hicann: Hicanns | None = None
    neuron_block: (
        Annotated[
            list[BlockDoc],
            Field(min_length=1),
            BeforeValidator(listed, json_schema_input_type=BlockDoc | list[BlockDoc]),
        ]
        | None
    ) = None
    neurons: Annotated[list[NeuronDoc], Field(min_length=1)] | None = None
    size: Size | None = None

    @model_validator(mode="after")
    def _one_place(self) -> PlacementDoc:
        places = [p for p in ("hicann", "neuron_block", "neurons") if getattr(self, p) is not None]
        if len(places) > 1:
            raise ValueError(f"only one of hicann, neuron_block and neurons can hold ({', '.join(places)} given)")
        if not places and self.size is None:
            raise ValueError("one of hicann, neuron_block, neurons or size is needed")
        return self


class MergingDoc(Doc):
    """Cells that must leave their HICANN on one bus."""

    shared_buses: list[ViewRef] = Field(default=[])


class OriginDoc(Doc):
    """Where an instance comes from; not part of its digest."""

    source: Text | None = None
    license: Text | None = None
    created: Text | None = None
    url: Text | None = None
    citation: Text | None = None
    tags: list[Text] = Field(default=[])


class ObjectiveDoc(Doc):
    """What is minimised: lost synapses.  A projection's loss_weight is for solvers that weigh; ours count."""

    minimise: Literal["lost_synapses"] = "lost_synapses"


class BudgetDoc(Doc):
    """What an official run of this instance may use."""

    time_s: Positive | None = None
    det: Positive | None = None
    threads: Annotated[Int, Field(ge=1)] = 1
    memory_mb: Annotated[Int, Field(ge=1)] | None = None


class InstanceDoc(Doc):
    """One instance of the mapping problem."""

    format: Literal["wafer-instance/1"]
    name: InstanceName
    title: Text = ""
    origin: OriginDoc = OriginDoc()
    network: NetworkDoc
    hardware: HardwareDoc = HardwareDoc()
    placement: list[PlacementDoc] = Field(default=[])
    merging: MergingDoc = MergingDoc()
    objective: ObjectiveDoc = ObjectiveDoc()
    budget: BudgetDoc = BudgetDoc()


def instance_schema() -> dict[str, Any]:
    """Return the JSON Schema of the instance document, for completion and checks in editors."""
    schema = InstanceDoc.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def field_names(model: type[Doc] = InstanceDoc) -> frozenset[str]:
    """Return all keys that stand anywhere in a document's schema, for suggestions."""
    schema = model.model_json_schema()
    parts = [schema, *schema["$defs"].values()]
    return frozenset(name for part in parts for name in part.get("properties", {}))
