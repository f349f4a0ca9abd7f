"""The judge: required synapses against effective ones, and every rule of the hardware and of the instance.

It looks at the bits only.  A mapper's own count of its losses is a claim and no more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emulator.decode import Decoded, EffectiveSynapses, decode
from emulator.requests import check_requests
from emulator.violations import Violation
from models.configuration import Configuration
from models.instance import Instance
from models.network import Network, Synapses

#: How many spurious synapses are spelled out.
_EXAMPLES = 5


@dataclass(frozen=True, eq=False)
class Audit:
    """What a configuration really does of an instance.

    Attributes
    ----------
    valid : bool
        No rule is broken, no synapse is spurious, and the claim (if any) is the measured loss.
    synapses : int
        Synapses that the network requires.
    lost : int
        Required synapses without an effective one.
    claimed : int or None
        What the mapper says that it lost.
    spurious : int
        Effective synapses that nothing requires.
    lost_by_projection : (n_projections,) int64
        Loss of every projection.
    violations : tuple of Violation
        Broken rules.
    realised : (n_synapses,) bool
        Which synapses of the network are realised; interchangeable ones are served in projection order.
    spurious_examples : tuple of str
        The first few spurious synapses.
    """

    valid: bool
    synapses: int
    lost: int
    claimed: int | None
    spurious: int
    lost_by_projection: NDArray[np.int64]
    violations: tuple[Violation, ...]
    realised: NDArray[np.bool_]
    spurious_examples: tuple[str, ...] = ()


def audit(instance: Instance, configuration: Configuration, claimed: int | None = None) -> Audit:
    """Return what a configuration does of an instance.

    Parameters
    ----------
    instance : Instance
        What is required and allowed.
    configuration : Configuration
        The bits.
    claimed : int or None
        Loss that the mapper claims [synapses]; None: no claim.
    """
    network = instance.network
    decoded = decode(configuration, network, instance.wafer, instance.limits)
    return audit_decoded(instance, configuration, decoded, claimed)


def audit_decoded(
    instance: Instance, configuration: Configuration, decoded: Decoded, claimed: int | None = None
) -> Audit:
    """Return the audit of bits that are decoded already; see `audit`."""
    network = instance.network
    realised, surplus = compare(network, decoded.synapses)
    violations = (*decoded.violations, *check_requests(instance, configuration, decoded))
    required = network.synapses
    lost, spurious = int(np.count_nonzero(~realised)), int(np.count_nonzero(surplus))
    n_projections = len(network.projections)
    return Audit(
        valid=not violations and spurious == 0 and claimed in (None, lost),
        synapses=len(required),
        lost=lost,
        claimed=claimed,
        spurious=spurious,
        lost_by_projection=np.bincount(required.projection[~realised], minlength=n_projections).astype(np.int64),
        violations=violations,
        realised=realised,
        spurious_examples=_examples(decoded.synapses, surplus),
    )


def compare(network: Network, effective: EffectiveSynapses) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which required synapses are realised and which effective ones are spurious.

    Synapses with the same pre, post, receptor and STP mode are interchangeable: multisets are compared, and
    the first ones of either side are matched.

    Returns
    -------
    realised, spurious : (n_synapses,) bool, (n_effective,) bool
    """
    required = network.synapses
    wanted, made = _keys(required, network.n_cells), _keys(effective, network.n_cells)
    both, kind = np.unique(np.concatenate([wanted, made]), return_inverse=True)
    wanted_kind, made_kind = kind[: len(wanted)], kind[len(wanted) :]
    n_wanted = np.bincount(wanted_kind, minlength=len(both))
    n_made = np.bincount(made_kind, minlength=len(both))
    return _rank(wanted_kind, n_wanted) < n_made[wanted_kind], _rank(made_kind, n_made) >= n_wanted[made_kind]


def match(network: Network, effective: EffectiveSynapses) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of a required synapse and the effective one that realises it, as `compare` matches them.

    Returns
    -------
    required, effective : (m,) int64
        Indices.
    """
    realised, spurious = compare(network, effective)
    required, made = np.flatnonzero(realised), np.flatnonzero(~spurious)
    order = np.argsort(_keys(network.synapses, network.n_cells)[required], kind="stable")
    made_order = np.argsort(_keys(effective, network.n_cells)[made], kind="stable")
    return required[order], made[made_order]


def _keys(synapses: Synapses | EffectiveSynapses, n_cells: int) -> NDArray[np.int64]:
    pair = synapses.pre.astype(np.int64) * n_cells + synapses.post
    return pair * 16 + synapses.receptor * 4 + synapses.stp


def _rank(kind: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many equal kinds stand before each entry, (n,)."""
    order = np.argsort(kind, kind="stable")
    first = np.cumsum(count) - count
    rank = np.empty(len(kind), dtype=np.int64)
    rank[order] = np.arange(len(kind)) - first[kind[order]]
    return rank


def _examples(synapses: EffectiveSynapses, surplus: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(
        f"cell {synapses.pre[i]} -> cell {synapses.post[i]}, receptor {synapses.receptor[i]}, STP mode "
        f"{synapses.stp[i]}: HICANN {synapses.hicann[i]}, row {synapses.row[i]}, column {synapses.column[i]}"
        for i in np.flatnonzero(surplus)[:_EXAMPLES]
    )
