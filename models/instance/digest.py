"""The digest that names what an instance says: formatting, comments and origin do not matter, data do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.instance.schema import InstanceDoc


def canonical(document: InstanceDoc, data: Mapping[str, Any]) -> str:
    """Return the canonical JSON of an instance.

    Keys are sorted, values at their default and ``origin`` are left out, numbers take their shortest form.
    Populations and projections become lists of [name, body], because their order counts.  The digests of the
    data files stand in place of the digests that the document claims.

    Parameters
    ----------
    document : InstanceDoc
        The checked document.
    data : mapping
        Content of the data files: digests of npz files, the parsed lists of defects files.
    """
    tree = document.model_dump(mode="json", exclude_defaults=True, exclude={"origin"})
    network = tree["network"]
    for part in ("populations", "projections"):
        network[part] = [[name, body] for name, body in network.get(part, {}).items()]
    tree = _without_digests(tree)
    return json.dumps(_shortest({**tree, "data": dict(data)}), sort_keys=True, separators=(",", ":"), allow_nan=False)


def instance_digest(document: InstanceDoc, data: Mapping[str, Any]) -> str:
    """Return ``sha256:..`` of the canonical JSON."""
    return f"sha256:{hashlib.sha256(canonical(document, data).encode()).hexdigest()}"


def edges_digest(pre: NDArray[np.int32], post: NDArray[np.int32]) -> str:
    """Return ``sha256:..`` of a projection: all pre cells, then all post cells, little-endian int32."""
    state = hashlib.sha256()
    for cells in (pre, post):
        state.update(np.ascontiguousarray(cells, dtype="<i4").tobytes())
    return f"sha256:{state.hexdigest()}"


def _without_digests(value: Any) -> Any:
    """Drop the digests that claim what a file is; ``expect`` keeps its own."""
    if isinstance(value, dict):
        named = "path" in value or "file" in value
        return {k: _without_digests(v) for k, v in value.items() if not (named and k == "digest")}
    return [_without_digests(item) for item in value] if isinstance(value, list) else value


def _shortest(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shortest(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shortest(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value
