"""The ``network`` part of the document: populations, projections, connectors, synapses, and their values."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from models.instance.scalars import (
    Count,
    Digest,
    Doc,
    Flag,
    Fraction,
    Int,
    NotNegative,
    PartName,
    Positive,
    Real,
    Text,
    ViewName,
    listed,
)


class NormalValues(Doc):
    """Mean, standard deviation and seed of a normal distribution."""

    mean: Real
    sd: NotNegative
    seed: Count


class UniformValues(Doc):
    """Bounds and seed of a uniform distribution."""

    low: Real
    high: Real
    seed: Count


class NormalDoc(Doc):
    """``{normal: {mean, sd, seed}}``."""

    normal: NormalValues


class UniformDoc(Doc):
    """``{uniform: {low, high, seed}}``."""

    uniform: UniformValues


class ArrayDoc(Doc):
    """An array of an npz file."""

    file: Text
    key: Text
    digest: Digest | None = None


def _value_kind(value: Any) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "one number"
    if isinstance(value, list):
        return "numbers by cell" if value and isinstance(value[0], list) else "several numbers"
    keys = value if isinstance(value, dict) else getattr(type(value), "model_fields", ())
    kinds = {"normal": "distribution n", "uniform": "distribution u", "file": "array"}
    return next((kind for key, kind in kinds.items() if key in keys), None)


def _kinds(what: str) -> Discriminator:
    return Discriminator(_value_kind, custom_error_type="value_kind", custom_error_message=f"must be {what}")


Weight = Annotated[
    Annotated[NotNegative, Tag("one number")]
    | Annotated[NormalDoc, Tag("distribution n")]
    | Annotated[UniformDoc, Tag("distribution u")]
    | Annotated[ArrayDoc, Tag("array")],
    _kinds("a number, {normal: ..}, {uniform: ..} or {file: .., key: ..}"),
]
Delay = Annotated[
    Annotated[Positive, Tag("one number")]
    | Annotated[NormalDoc, Tag("distribution n")]
    | Annotated[UniformDoc, Tag("distribution u")]
    | Annotated[ArrayDoc, Tag("array")],
    _kinds("a number, {normal: ..}, {uniform: ..} or {file: .., key: ..}"),
]
Parameter = Annotated[
    Annotated[Real, Tag("one number")]
    | Annotated[list[Real], Tag("several numbers")]
    | Annotated[list[list[Real]], Tag("numbers by cell")]
    | Annotated[NormalDoc, Tag("distribution n")]
    | Annotated[UniformDoc, Tag("distribution u")]
    | Annotated[ArrayDoc, Tag("array")],
    _kinds("a number, a list, {normal: ..}, {uniform: ..} or {file: .., key: ..}"),
]


class ViewDoc(Doc):
    """Cells of a population by index."""

    population: PartName
    indices: Annotated[list[Count], Field(min_length=1)]


def _view_kind(value: Any) -> str | None:
    if isinstance(value, str):
        return "view name"
    return "view indices" if isinstance(value, dict | ViewDoc) else None


ViewRef = Annotated[
    Annotated[ViewName, Tag("view name")] | Annotated[ViewDoc, Tag("view indices")],
    Discriminator(
        _view_kind,
        custom_error_type="value_kind",
        custom_error_message="must be name, name[a:b] or {population: .., indices: [..]}",
    ),
]
Side = Annotated[
    list[ViewRef],
    Field(min_length=1),
    BeforeValidator(listed, json_schema_input_type=ViewRef | list[ViewRef]),
]


class PopulationDoc(Doc):
    """Cells of one type, with PyNN's names and units."""

    size: Annotated[Int, Field(gt=0)]
    cell: Literal[
        "IF_cond_exp",
        "EIF_cond_exp_isfa_ista",
        "IF_multicond_exp",
        "EIF_multicond_exp_isfa_ista",
        "SpikeSourceArray",
        "SpikeSourcePoisson",
    ]
    params: dict[Text, Parameter] = Field(default={})


class AllToAllDoc(Doc):
    """Every pair."""

    kind: Literal["all_to_all"]
    allow_self_connections: Flag = True


class OneToOneDoc(Doc):
    """Cell i to cell i."""

    kind: Literal["one_to_one"]


class FixedProbabilityDoc(Doc):
    """Each pair with probability p."""

    kind: Literal["fixed_probability"]
    p: Fraction
    seed: Count
    allow_self_connections: Flag = True


class FixedNumberDoc(Doc):
    """A fixed number of partners for each post (or pre) cell."""

    kind: Literal["fixed_number_pre", "fixed_number_post"]
    n: Count
    seed: Count
    allow_self_connections: Flag = True


class ListDoc(Doc):
    """Up to 1,000 pairs [pre, post] in the document."""

    kind: Literal["list"]
    pairs: Annotated[list[Annotated[list[Count], Field(min_length=2, max_length=2)]], Field(max_length=1000)]


class FileDoc(Doc):
    """Pairs from an npz file: ``PREFIXpre``, ``PREFIXpost`` or ``PREFIXindptr``, ``PREFIXindices``.

    It may bring ``PREFIXweight`` [uS] and ``PREFIXdelay`` [ms], too.
    """

    kind: Literal["file"]
    path: Text
    prefix: Text = ""
    digest: Digest | None = None


ConnectorDoc = Annotated[
    AllToAllDoc | OneToOneDoc | FixedProbabilityDoc | FixedNumberDoc | ListDoc | FileDoc,
    Field(discriminator="kind"),
]


class StaticDoc(Doc):
    """A constant weight [uS]; left out when the connector's file has weights."""

    kind: Literal["static"]
    weight: Weight | None = None


class TsodyksMarkramDoc(Doc):
    """Short-term plasticity; exactly one of the two time constants [ms] is positive."""

    kind: Literal["tsodyks_markram"]
    weight: Weight | None = None
    U: Fraction = 0.5
    tau_rec: NotNegative = 100.0
    tau_facil: NotNegative = 0.0


SynapseDoc = Annotated[StaticDoc | TsodyksMarkramDoc, Field(discriminator="kind")]


class ExpectDoc(Doc):
    """What the expanded projection must be."""

    synapses: Count | None = None
    digest: Digest | None = None


class ProjectionDoc(Doc):
    """Synapses from pre to post; the hardware cannot set the delays [ms], which the emulator may follow."""

    pre: Side
    post: Side
    receptor: Literal["excitatory", "inhibitory", "0", "1", "2", "3"]
    connector: ConnectorDoc
    synapse: SynapseDoc
    expect: ExpectDoc = ExpectDoc()
    loss_weight: NotNegative = 1.0
    delay: Delay | None = None


class NetworkDoc(Doc):
    """Populations and projections; their order counts."""

    populations: Annotated[dict[PartName, PopulationDoc], Field(min_length=1)]
    projections: dict[PartName, ProjectionDoc] = Field(default={})
