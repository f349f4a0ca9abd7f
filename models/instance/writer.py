"""Write an instance: the YAML text and its arrays, the same bytes for the same content on every machine."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

#: Where the arrays of an instance stand, beside its ``instance.yaml``.
ARRAYS: Final = "data/edges.npz"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def write_instance(
    folder: Path,
    document: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    extra: Mapping[str, bytes] | None = None,
) -> tuple[Path, ...]:
    """Write ``instance.yaml``, its arrays and further files into a folder, and return what was written.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    document : mapping
        The tree of the file, see ``docs/formats.md``.
    arrays : mapping
        Arrays of ``data/edges.npz``; without any the file is not written.
    extra : mapping
        Content of further files by their path in the folder.
    """
    content = dict(extra or {})
    if arrays:
        content[ARRAYS] = npz_bytes(arrays)
    content["instance.yaml"] = instance_text(document).encode()
    paths = []
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, data)
        paths.append(path)
    return tuple(paths)


def instance_text(document: Mapping[str, Any]) -> str:
    """Return a document as YAML, innermost mappings and lists on one line."""
    import yaml

    return str(yaml.safe_dump(dict(document), sort_keys=False, default_flow_style=None, width=118, allow_unicode=True))


def npz_bytes(arrays: Mapping[str, NDArray[Any]], compress: bool = False) -> bytes:
    """Return arrays as an npz file: names sorted, time stamps fixed.

    Not compressed unless asked for: compressors differ between versions of zlib, and the digest of an instance contains
    the bytes of its files.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, member.getvalue(), zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED)
    return buffer.getvalue()


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old one or the whole new one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
