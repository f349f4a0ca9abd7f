"""The small types that the document is made of: names, numbers with ranges, HICANNs, sizes."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema

from models.hardware.coordinates import N_HICANNS, hicann_at
from models.hardware.neurons import check_size

INSTANCE_NAME: Final = r"[A-Za-z][A-Za-z0-9_.-]{0,63}"
PART_NAME: Final = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}"
VIEW: Final = rf"({PART_NAME})(?:\[(\d*):(\d*)(?::(\d+))?\])?"


class Doc(BaseModel):
    """Base of the document's parts: no unknown keys, not changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _matching(pattern: str, message: str) -> tuple[AfterValidator, WithJsonSchema]:
    whole = re.compile(pattern)

    def check(text: str) -> str:
        if not whole.fullmatch(text):
            raise ValueError(message)
        return text

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern})$"})


def listed(value: Any) -> Any:
    """Return a list of what may be one item or several."""
    return value if isinstance(value, list) else [value]


def _at_position(value: Any) -> Any:
    """Turn ``{x, y}`` into the HICANN's enum."""
    if not isinstance(value, dict):
        return value
    if set(value) != {"x", "y"} or not all(type(v) is int for v in value.values()):
        raise ValueError("a HICANN is a number 0..383 or {x: .., y: ..}")
    return hicann_at(value["x"], value["y"])


Int = Annotated[int, Strict()]
Real = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Text = Annotated[str, Strict()]
Flag = Annotated[bool, Strict()]
Count = Annotated[Int, Field(ge=0)]
Positive = Annotated[Real, Field(gt=0)]
NotNegative = Annotated[Real, Field(ge=0)]
Fraction = Annotated[Real, Field(ge=0, le=1)]

_DIGEST_CHECK = _matching("sha256:[0-9a-f]{64}", "a digest is 'sha256:' and 64 hexadecimal digits")
_NAME_CHECK = _matching(INSTANCE_NAME, "a name is a letter and up to 63 letters, digits, '_', '.', '-'")
_PART_CHECK = _matching(PART_NAME, "a name is up to 64 letters, digits, '_', '.', '-' and starts with none of '.-'")
_VIEW_CHECK = _matching(VIEW, "cells are written name, name[a:b] or name[a:b:step]")
Digest = Annotated[Text, _DIGEST_CHECK[0], _DIGEST_CHECK[1]]
InstanceName = Annotated[Text, _NAME_CHECK[0], _NAME_CHECK[1]]
PartName = Annotated[Text, _PART_CHECK[0], _PART_CHECK[1]]
ViewName = Annotated[Text, _VIEW_CHECK[0], _VIEW_CHECK[1]]

_HicannNumber = Annotated[Int, Field(ge=0, lt=N_HICANNS)]


class Position(Doc):
    """A HICANN by its position; only for the JSON Schema, it is turned into the number."""

    x: Int
    y: Int


Hicann = Annotated[_HicannNumber, BeforeValidator(_at_position, json_schema_input_type=_HicannNumber | Position)]
Hicanns = Annotated[
    list[Hicann],
    Field(min_length=1),
    BeforeValidator(listed, json_schema_input_type=Hicann | list[Hicann]),
]
Size = Annotated[
    Int, AfterValidator(check_size), Field(json_schema_extra={"minimum": 2, "maximum": 64, "multipleOf": 2})
]
