"""Inputs: into which HICANN and DNC merger every spike source is injected, and under which L1 address.

Contract of an algorithm, ``algorithm(problem, draft, context, **options) -> Mapping``:

* It gets placement, merging and addresses of the neurons and adds the spike sources: ``placement.hicann`` and
  ``sequence`` (column -1, width 0), mode INPUT in ``merging.mode``, ``addresses``.  Nothing of a neuron changes.
* A DNC merger k takes input only if block k is silent and the merger tree realises the HICANN's map with
  "block k -> k" for every input k added: each background generator travels alone.
* Placement requests with HICANNs are kept; rate limits hold where ``limits.consider_firing_rate`` says so.
* Sources without any target neuron may stay unplaced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mapper.inputs.nearest import nearest
from models.mapping import Mapping as Draft

__all__ = ["ALGORITHMS", "nearest"]

ALGORITHMS: Final[Mapping[str, Callable[..., Draft]]] = {"nearest": nearest}
