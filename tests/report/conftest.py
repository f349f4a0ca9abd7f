"""Run files without a solver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

HISTOGRAM = [0] * 19 + [4]


def make_document(
    instance: str = "net",
    solver: str = "cpsat",
    seed: int = 0,
    lost: int = 20,
    status: str = "feasible",
    threads: int = 1,
    settings: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return the run file of a network with 100 synapses in two projections."""
    return {
        "instance": instance, "digest": f"sha256:{instance}", "solver": solver, "version": "0.1.0", "status": status,
        "synapses": 100, "seed": seed, "lost": lost, "lost_l1": lost // 2, "lost_by_projection": {"a": lost, "b": 0},
        "lost_by_cause": {"no L1 route": lost // 2, "no driver": 0, "no row or decoder": lost - lost // 2},
        "bound": {"global": 1, "placement": 2}, "chips": 3, "seconds": 2.0, "cpu_seconds": 1.5,
        "options": {"seed": seed, "time_limit": 3.0, "det_limit": None, "threads": threads, "max_hicanns": None,
                    **(settings or {})},
        "timeline": [[0.5, min(100, lost + 10), 0], [1.5, lost, 1]], "stages": [[0.1, "placement"], [0.4, "routing"]],
        "solution": f"runs/{instance}.sol.zip",
        "audit": {"valid": True, "lost": lost, "verdict": "bits agree"}, "key": "k",
        "machine": {"started": "2026-01-02T03:04:05Z", "load_before": 0.5, "load_after": 3.0, "cores": 2,
                    "python": "3.12"},
        "measures": {
            "neurons": 4, "required_by_projection": {"a": 60, "b": 40}, "lost_by_hicann": {"0": lost, "-1": 0},
            "resources": {"synapse drivers used": {"used": 22, "most": 11, "available": 220}},
            "hops": {"mean": 1.5, "most": 3}, "in_degree": {"histogram": HISTOGRAM, "least": 0.5, "mean": 0.75},
            "balance": {"required": 0.2, "kept": 0.25}, "wiring": {"crossbar switches": 5},
            "lost_by_pair": [["x", "y", 60, min(60, lost)], ["y", "x", 40, 0]],
            "paths": {"histogram": [30, 20], "delay_mean": 0.7, "delay_most": 0.724},
        },
    }  # fmt: skip


@pytest.fixture
def document() -> Callable[..., dict[str, Any]]:
    return make_document
