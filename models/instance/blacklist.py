"""More defects for an instance: the same network and constraints on a worse wafer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from models.errors import InstanceError, Problem
from models.hardware.defects import Defects
from models.hardware.wafer import Wafer
from models.instance.hardware import listed_defects, load_defects
from models.instance.instance import Instance


def read_defects(path: Path) -> Defects:
    """Return the defects that a defects file lists.

    Raises
    ------
    InstanceError
        With one problem for each fault of the file.
    """
    return listed_defects(load_defects(path))


def with_defects(instance: Instance, defects: Defects) -> Instance:
    """Return an instance on a wafer with more defects; its digest is a new one unless there are none.

    Parameters
    ----------
    instance : Instance
        The instance; its network, with the synapses already built, is shared.
    defects : Defects
        What is disabled besides the defects that the instance has.

    Raises
    ------
    InstanceError
        If no HICANN works any more.
    """
    if not defects:
        return instance
    wafer = Wafer(instance.wafer.defects.union(defects), instance.wafer.region, instance.wafer.number)
    if not wafer.linked.any():
        problem = Problem("", "hardware.defects", "no HICANN works", "fewer defects or a larger region")
        raise InstanceError([problem])
    return replace(instance, wafer=wafer, digest=_digest(instance.digest, defects))


def _digest(digest: str, defects: Defects) -> str:
    """Return ``sha256:..`` over the digest of the instance and the lists of the added defects."""
    lists = {
        "hicanns": list(defects.hicanns),
        "fpgas": list(defects.fpgas),
        "hslinks": [list(link) for link in defects.hslinks],
        "components": {kind: pairs.tolist() for kind, pairs in defects.components.items() if len(pairs)},
    }
    content = json.dumps([digest, lists], sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"
