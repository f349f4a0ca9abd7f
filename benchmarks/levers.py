"""What every lever of ``cpsat`` is worth: the loss with one of them switched off.

    python -m benchmarks.levers [--det-limit 5] [--networks NAME,...]

Every line of ``benchmarks/results/levers.md`` is a network, every column a lever that is off; the first column has all
levers.  Networks that lose nothing either way are left out of the default list.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import mapper
from models.instance import library, load_instance

NETWORKS = (
    "guidebook-merged", "smallworld-n1000-k40-s1", "rbm-400-400-s1-d4", "smallworld-n5000-k60-s1",
    "random-n3200-p0.1-s1", "column-0.06-s1-d8",
)  # fmt: skip
LEVERS: dict[str, dict[str, str]] = {
    "all levers": {},
    "no spread": {"spread": "off"},
    "marocco's merging": {"merging": "marocco_greedy"},
    "merging without prices": {"merging.rounds": "1"},
    "no decoder groups": {"addresses": "high_first"},
    "backbone routes": {"routing": "backbone"},
    "Fieres drivers": {"drivers": "fieres"},
    "proportional rows": {"rows": "proportional"},
    "no annealing": {"annealing": "off"},
    "no improvement": {"improve": "off"},
}


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--det-limit", type=float, default=5.0)
    parser.add_argument("--networks", default=",".join(NETWORKS))
    arguments = parser.parse_args()
    lines = [
        "# What every lever is worth",
        "",
        "Lost synapses of `cpsat` with one lever switched off; made with",
        f"`python -m benchmarks.levers --det-limit {arguments.det_limit:g}` (deterministic budget).",
        "",
        "| network | synapses | " + " | ".join(LEVERS) + " |",
        "|---|--:|" + "--:|" * len(LEVERS),
    ]
    for name in arguments.networks.split(","):
        instance = load_instance(library.find(name))
        lost = [
            mapper.solve(instance, "cpsat", det_limit=arguments.det_limit, options=settings).lost
            for settings in LEVERS.values()
        ]
        lines.append(f"| {name} | {len(instance.network.synapses)} | " + " | ".join(map(str, lost)) + " |")
        print(lines[-1], flush=True)
    (Path(__file__).parent / "results" / "levers.md").write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
