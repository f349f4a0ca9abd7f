"""PyNN 0.7 cell types: names and defaults; those that no HICANN can host exist, but cannot be mapped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from models.network import CELL_TYPES


class CellType:
    """Base of all cell types.

    Attributes
    ----------
    default_parameters : mapping
        PyNN units: mV, ms, nF, uS, nA, Hz.
    is_source : bool
        Whether cells only send spikes.
    """

    default_parameters: ClassVar[Mapping[str, Any]] = {}
    is_source: ClassVar[bool] = False
    #: Whether `models.network` knows the type.
    can_be_mapped: ClassVar[bool] = False

    @classmethod
    def describe(cls) -> str:
        """Return the name."""
        return cls.__name__


def _mappable(name: str) -> dict[str, Any]:
    kind = CELL_TYPES[name]
    return {
        "default_parameters": dict(kind.defaults),
        "is_source": kind.is_source,
        "can_be_mapped": True,
        "__doc__": f"PyNN {name}.",
        "__module__": __name__,
    }


IF_cond_exp = type("IF_cond_exp", (CellType,), _mappable("IF_cond_exp"))
EIF_cond_exp_isfa_ista = type("EIF_cond_exp_isfa_ista", (CellType,), _mappable("EIF_cond_exp_isfa_ista"))
IF_multicond_exp = type("IF_multicond_exp", (CellType,), _mappable("IF_multicond_exp"))
EIF_multicond_exp_isfa_ista = type("EIF_multicond_exp_isfa_ista", (CellType,), _mappable("EIF_multicond_exp_isfa_ista"))
SpikeSourceArray = type("SpikeSourceArray", (CellType,), _mappable("SpikeSourceArray"))
SpikeSourcePoisson = type("SpikeSourcePoisson", (CellType,), _mappable("SpikeSourcePoisson"))


class IF_curr_exp(CellType):
    """Current-based; the HICANN has conductances only."""


class IF_curr_alpha(CellType):
    """Current-based; the HICANN has conductances only."""


class IF_cond_alpha(CellType):
    """Alpha-shaped conductances; the HICANN has exponential ones only."""


class EIF_cond_alpha_isfa_ista(CellType):
    """Alpha-shaped conductances; the HICANN has exponential ones only."""


class IF_cond_exp_gsfa_grr(CellType):
    """Conductance-based adaptation; the HICANN has none."""


class HH_cond_exp(CellType):
    """Hodgkin-Huxley; the HICANN has none."""


class IF_facets_hardware1(CellType):
    """The Spikey chip."""


class SpikeSourceInhGamma(CellType):
    """Gamma process; not mapped by marocco."""

    is_source = True


def list_standard_models() -> list[type[CellType]]:
    """Return the cell types that can be mapped."""
    return [
        IF_cond_exp, EIF_cond_exp_isfa_ista, IF_multicond_exp, EIF_multicond_exp_isfa_ista, SpikeSourceArray,
        SpikeSourcePoisson,
    ]  # fmt: skip
