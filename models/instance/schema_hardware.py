"""The ``hardware`` part of the document: region, defects and limits of the wafer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, create_model

from models.hardware.coordinates import N_FPGAS, N_RETICLES
from models.hardware.defects import COMPONENTS
from models.hardware.limits import AUTO_SIZE, LIMITS, Limit
from models.instance.scalars import Count, Doc, Flag, Fraction, Hicann, Int, Real, Text

_Range = Annotated[list[Count], Field(min_length=2, max_length=2)]
_Reticle = Annotated[Int, Field(ge=0, lt=N_RETICLES)]
_Fpga = Annotated[Int, Field(ge=0, lt=N_FPGAS)]
_Link = Annotated[list[Count], Field(min_length=2, max_length=2)]


class BoxDoc(Doc):
    """HICANNs whose x and y lie in these ranges, both ends included."""

    x: _Range
    y: _Range


class RegionDoc(Doc):
    """HICANNs that may be used: the union of what is given."""

    hicanns: list[Hicann] | None = None
    reticles: list[_Reticle] | None = None
    box: BoxDoc | None = None


def _region_kind(value: Any) -> str | None:
    if value == "all":
        return "whole wafer"
    return "part of it" if isinstance(value, dict | RegionDoc) else None


Region = Annotated[
    Annotated[Literal["all"], Tag("whole wafer")] | Annotated[RegionDoc, Tag("part of it")],
    Discriminator(
        _region_kind,
        custom_error_type="value_kind",
        custom_error_message="must be all, {hicanns: [..]}, {reticles: [..]} or {box: {x: [..], y: [..]}}",
    ),
]


def _bounded(count: int) -> Any:
    return Annotated[Int, Field(ge=0, lt=count)]


def _limit_field(limit: Limit) -> Any:
    if isinstance(limit.default, bool):
        return Flag | None, None
    bounds = Field(ge=limit.minimum, le=limit.maximum, description=f"{limit.meaning} [{limit.unit}]")
    if not limit.step:
        return Annotated[Real, bounds] | None, None
    number = Annotated[Int, bounds, Field(multiple_of=limit.step)]
    if limit.name != "neuron_size":
        return number | None, None
    chosen = Annotated[Literal["auto"], Tag("the solver's choice")]
    return Annotated[chosen | Annotated[number, Tag("a size")], Discriminator(_size_kind)] | None, None


def _size_kind(value: Any) -> str:
    return "the solver's choice" if value == AUTO_SIZE else "a size"


if TYPE_CHECKING:

    class ComponentsDoc(Doc):
        """Disabled components of one HICANN."""

        hicann: Hicann

    class RandomDoc(Doc):
        """Seeded random blacklist."""

        seed: Count

    class LimitsDoc(Doc):
        """Overridden limits."""

else:
    ComponentsDoc = create_model(
        "ComponentsDoc",
        __base__=Doc,
        __doc__="Disabled components of one HICANN, by redman's names and halco's numbers.",
        hicann=(Hicann, ...),
        **{kind: (list[_bounded(count)] | None, None) for kind, count in COMPONENTS.items()},
    )
    RandomDoc = create_model(
        "RandomDoc",
        __base__=Doc,
        __doc__="Seeded random blacklist: the fraction of each kind that does not work.",
        seed=(Count, ...),
        **dict.fromkeys(("hicanns", *COMPONENTS), (Fraction | None, None)),
    )
    LimitsDoc = create_model(
        "LimitsDoc",
        __base__=Doc,
        __doc__="Overridden limits, by the names of the API.",
        **{limit.name: _limit_field(limit) for limit in LIMITS.values()},
    )


class DefectListDoc(Doc):
    """What does not work, item by item."""

    hicanns: list[Hicann] = Field(default=[])
    fpgas: list[_Fpga] = Field(default=[])
    hslinks: list[_Link] = Field(default=[])
    components: list[ComponentsDoc] = Field(default=[])


class DefectsFileDoc(DefectListDoc):
    """A defects file."""

    format: Literal["wafer-defects/1"] | None = None
    wafer: Count | None = None


class DefectsDoc(DefectListDoc):
    """Defects of an instance: files, items and a random blacklist, united.

    ``redman`` is a directory of redman's XML files, ``hwdb`` a database ``db.yaml``; both are asked for the wafer of
    the instance.
    """

    files: list[Text] = Field(default=[])
    redman: Text | None = None
    hwdb: Text | None = None
    random: RandomDoc | None = None


class HardwareDoc(Doc):
    """The wafer and its limits."""

    chip: Literal["hicann-v4"] = "hicann-v4"
    wafer: Count = 33
    region: Region = "all"
    defects: DefectsDoc = DefectsDoc()
    limits: LimitsDoc = LimitsDoc()
