"""Cell types of PyNN that a neuron or an input of the wafer can be; parameters are PyNN's own."""

from __future__ import annotations

from typing import Any

from pyNN.standardmodels import build_translations, cells

from mapper.frontends.errors import TypeRejected


def _same_names(base: Any) -> Any:
    """Return translations of a model whose native parameters are the standard ones."""
    return build_translations(*((name, name) for name in base.default_parameters))


class IF_cond_exp(cells.IF_cond_exp):  # type: ignore[misc]
    """Leaky integrate-and-fire neuron with exponential conductances."""

    model = "IF_cond_exp"
    translations = _same_names(cells.IF_cond_exp)


class EIF_cond_exp_isfa_ista(cells.EIF_cond_exp_isfa_ista):  # type: ignore[misc]
    """Adaptive exponential integrate-and-fire neuron (AdEx) with exponential conductances."""

    model = "EIF_cond_exp_isfa_ista"
    translations = _same_names(cells.EIF_cond_exp_isfa_ista)


class SpikeSourceArray(cells.SpikeSourceArray):  # type: ignore[misc]
    """External input of given spikes."""

    model = "SpikeSourceArray"
    translations = _same_names(cells.SpikeSourceArray)


class SpikeSourcePoisson(cells.SpikeSourcePoisson):  # type: ignore[misc]
    """External input of Poisson spikes."""

    model = "SpikeSourcePoisson"
    translations = _same_names(cells.SpikeSourcePoisson)


CELLS = (IF_cond_exp, EIF_cond_exp_isfa_ista, SpikeSourceArray, SpikeSourcePoisson)


def model_of(celltype: Any) -> str:
    """Return the name of a cell type in `models.network.CELL_TYPES`.

    Raises
    ------
    TypeRejected
        If the wafer cannot be such a cell.
    """
    if not isinstance(celltype, CELLS):
        names = ", ".join(kind.__name__ for kind in CELLS)
        raise TypeRejected(f"{type(celltype).__name__} of {type(celltype).__module__} is no cell of the wafer: {names}")
    return str(celltype.model)
