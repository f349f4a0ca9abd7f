"""All families by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from instances.generators import _chains, _cortical, _guidebook, _planted, _random, _sampling
from instances.generators._parameters import Family, GeneratorError, hint

_MODULES: Final = (_random, _chains, _sampling, _cortical, _guidebook, _planted)

#: Families by name.
FAMILIES: Final[Mapping[str, Family]] = {family.name: family for module in _MODULES for family in module.FAMILIES}


def family(name: str) -> Family:
    """Return a family.

    Raises
    ------
    GeneratorError
        If there is none of that name.
    """
    if name not in FAMILIES:
        raise GeneratorError(f"no family {name!r}{hint(name, FAMILIES)}")
    return FAMILIES[name]
