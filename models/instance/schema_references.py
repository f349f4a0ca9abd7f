"""The document ``wafer-references/1`` as pydantic models, and its JSON Schema.

What is known of an instance: the best known loss, the bound and the status on every wafer, what the original program
loses, what the literature says.  Names and files that it mentions are looked up by whoever reads it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from models.instance.scalars import Count, Digest, Doc, InstanceName, NotNegative, PartName, Text

FORMAT: Final = "wafer-references/1"
OPTIMAL: Final = "optimal"
OPEN: Final = "open"


def _is_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("a day is written YYYY-MM-DD") from None
    return text


Day = Annotated[Text, AfterValidator(_is_day), WithJsonSchema({"type": "string", "format": "date"})]


class NameDoc(Doc):
    """The instance on the perfect wafer."""

    name: InstanceName
    digest: Digest


class BestDoc(Doc):
    """The best known loss."""

    lost: Count = Field(description="lost synapses, as the emulator counts them from the bits")
    by: Text = Field(description="solver and version, or the person who found it")
    date: Day
    solution: Text | None = Field(
        default=None, description="solution file, or file of bits, in the instance's folder; null: not kept"
    )
    digest: Digest | None = Field(default=None, description="of that file, kept or not")
    time_s: NotNegative | None = Field(default=None, description="seconds that the run took")


class BoundDoc(Doc):
    """A proven lower bound on the loss of any mapping."""

    lost: Count = Field(description="no mapping loses fewer synapses")
    kind: Text = Field(description="what it rests on, see the page on bounds")
    date: Day
    log: Text | None = Field(default=None, description="log of the run, in the instance's folder")


class KnownDoc(Doc):
    """What is known on one wafer."""

    status: Literal["optimal", "open"] = Field(description="optimal if the best known loss is the bound")
    synapses: Count | None = Field(default=None, description="synapses that the instance requires")
    best: BestDoc | None = None
    bound: BoundDoc | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        best, bound = self.best, self.bound
        if best is not None and self.synapses is not None and best.lost > self.synapses:
            raise ValueError(f"best loses {best.lost} of {self.synapses} synapses")
        if best is not None and bound is not None and bound.lost > best.lost:
            raise ValueError(f"best loses {best.lost}, less than the bound {bound.lost}: one of them is wrong")
        closed = best is not None and bound is not None and best.lost == bound.lost
        if closed != (self.status == OPTIMAL):
            right = OPTIMAL if closed else OPEN
            raise ValueError(f"status is {self.status}, best and bound say {right}")
        return self


class VariantDoc(KnownDoc):
    """The same on a wafer with a shipped blacklist."""

    defects: PartName = Field(description="name of the blacklist")
    digest: Digest = Field(description="of the instance on this wafer")


class PublishedDoc(Doc):
    """A value of the literature."""

    lost: Count
    total: Count = Field(description="synapses of the published network")
    lost_by_projection: dict[PartName, Count] = Field(default={})
    source: Text
    caution: Text | None = Field(default=None, description="why it cannot be compared without care")


class MeasuredDoc(Doc):
    """A run of the original program, or of our solver with its algorithms, on this instance."""

    variant: Text | None = Field(default=None, description="settings of the run")
    solver: Text | None = Field(default=None, description="our solver with the same settings")
    defects: PartName | None = Field(default=None, description="blacklist of the wafer; none: perfect")
    projection: PartName | None = Field(default=None, description="if only this projection was mapped")
    lost: Count
    total: Count = Field(description="synapses of the network")
    lost_l1: Count | None = Field(default=None, description="lost for want of a route")
    lost_no_driver: Count | None = None
    lost_no_row: Count | None = None
    chips_with_neurons: Count | None = None
    chips_used: Count | None = None
    buses: Count | None = None
    routes: Count | None = None
    drivers: Count | None = None
    cpu_s: NotNegative | None = Field(default=None, description="processor time [s]")
    source: Text


class SpreadDoc(Doc):
    """Mean, standard deviation and range over samples."""

    mean: NotNegative
    sd: NotNegative
    min: NotNegative
    max: NotNegative


class ReproducedDoc(Doc):
    """What a solver of ours loses on networks drawn in the same way."""

    solver: Text
    loss_percent: SpreadDoc
    source: Text


class EarlierDoc(Doc):
    """A best known loss of the past."""

    defects: PartName | None = Field(default=None, description="blacklist of the wafer; none: perfect")
    lost: Count
    by: Text | None = None
    date: Day | None = None


class ReferencesDoc(KnownDoc):
    """What is known of an instance."""

    format: Literal["wafer-references/1"]
    instance: NameDoc
    variants: list[VariantDoc] = Field(default=[])
    published: list[PublishedDoc] = Field(default=[])
    measured: list[MeasuredDoc] = Field(default=[])
    reproduced: list[ReproducedDoc] = Field(default=[])
    history: list[EarlierDoc] = Field(default=[], description="newest last")


def references_schema() -> dict[str, Any]:
    """Return the JSON Schema of the references, for completion and checks in editors."""
    schema = ReferencesDoc.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
