"""Synapse types of PyNN that the wafer has: static, and short-term plasticity in the synapse drivers."""

from __future__ import annotations

from typing import Any

from pyNN.standardmodels import build_translations, synapses

from mapper.frontends.errors import TypeRejected
from mapper.frontends.pynn.simulator import state


class _Here:
    """Delays follow from the routes; what is not asked for counts as the least one."""

    def _get_minimum_delay(self) -> float:
        return state.min_delay


class StaticSynapse(_Here, synapses.StaticSynapse):  # type: ignore[misc]
    """A synapse of constant weight."""

    translations = build_translations(("weight", "weight"), ("delay", "delay"))


class TsodyksMarkramSynapse(_Here, synapses.TsodyksMarkramSynapse):  # type: ignore[misc]
    """A synapse that either depresses (tau_facil = 0) or facilitates (tau_rec = 0)."""

    translations = build_translations(
        ("weight", "weight"), ("delay", "delay"), ("U", "U"), ("tau_rec", "tau_rec"), ("tau_facil", "tau_facil")
    )


def check_synapse_type(synapse_type: Any) -> None:
    """Check that the wafer has such synapses.

    Raises
    ------
    TypeRejected
        If it has not.
    """
    if synapse_type is not None and not isinstance(synapse_type, _Here):
        kind = type(synapse_type)
        raise TypeRejected(
            f"{kind.__name__} of {kind.__module__} is no synapse that is mapped: StaticSynapse, TsodyksMarkramSynapse"
        )
