"""The npz files of an instance: read once, checked against their digests, straight into numpy."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.network import FromArrays

#: Largest unpacked file [bytes]: a guard against hostile archives; a full wafer of synapses is 0.6 GB.
MAX_BYTES: Final = 4 * 2**30


class DataError(ValueError):
    """A data file cannot be used; carries the remedy."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.hint = hint
        super().__init__(message)


@dataclass(slots=True)
class DataFiles:
    """Data files beside an instance file.

    Attributes
    ----------
    folder : Path
        What relative paths start from.
    digests : dict
        ``sha256:..`` of the bytes of every file used so far, by the path that the document names.
    """

    folder: Path
    digests: dict[str, str] = field(default_factory=dict)
    _open: dict[str, Any] = field(default_factory=dict)

    def array(self, name: str, key: str, digest: str | None = None) -> NDArray[Any]:
        """Return one array of a file.

        Raises
        ------
        DataError
            If the file or the array is missing, is no plain array, or the digest differs.
        """
        archive = self._archive(name, digest)
        if key not in archive:
            raise DataError(f"{name} has no array {key!r}", f"it has {_some(list(archive))}")
        try:
            return np.asarray(archive[key])
        except (ValueError, OSError, zipfile.BadZipFile) as error:
            raise DataError(f"array {key!r} of {name} cannot be read: {error}") from None

    def keys(self, name: str, digest: str | None = None) -> frozenset[str]:
        """Return the names of the arrays of a file."""
        return frozenset(self._archive(name, digest))

    def edges(self, name: str, prefix: str, n_pre: int, digest: str | None = None) -> FromArrays:
        """Return the connections that a file lists, as pairs or as compressed rows.

        Raises
        ------
        DataError
            If the arrays are missing or do not fit together.
        """
        keys = self.keys(name, digest)
        rows = f"{prefix}indptr" in keys and f"{prefix}pre" not in keys
        if rows:
            post = self.array(name, f"{prefix}indices")
            pre = _rows(self.array(name, f"{prefix}indptr"), n_pre, len(post))
        else:
            pre, post = self.array(name, f"{prefix}pre"), self.array(name, f"{prefix}post")
        weight = self.array(name, f"{prefix}weight") if f"{prefix}weight" in keys else None
        if weight is not None and (weight.dtype.kind not in "fiu" or bool(np.any(weight < 0))):
            raise DataError(f"{prefix}weight of {name} must be numbers that are not negative")
        delay = self.array(name, f"{prefix}delay") if f"{prefix}delay" in keys else None
        if delay is not None and delay.dtype.kind not in "fiu":
            raise DataError(f"{prefix}delay of {name} must be numbers")
        return FromArrays(pre, post, weight, delay)

    def _archive(self, name: str, digest: str | None) -> Any:
        if name not in self._open:
            self._open[name] = self._read(name)
        if digest is not None and digest != self.digests[name]:
            raise DataError(
                f"{name} has changed: its digest is {self.digests[name]}, not {digest}",
                "restore the file, or correct the digest",
            )
        return self._open[name]

    def _read(self, name: str) -> Any:
        path = self.folder / name
        try:
            with path.open("rb") as file:
                self.digests[name] = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(member.file_size for member in archive.infolist())
        except OSError as error:
            hint = f"paths start from {self.folder}"
            raise DataError(f"cannot read {name}: {error.strerror or error}", hint) from None
        except zipfile.BadZipFile:
            raise DataError(f"{name} is no npz file", "write it with numpy.savez_compressed") from None
        if unpacked > MAX_BYTES:
            raise DataError(f"{name} unpacks to {unpacked} bytes, more than {MAX_BYTES}")
        return _Archive(path)


@dataclass(slots=True)
class _Archive:
    """Arrays of an npz file, each read when asked for, the file closed in between."""

    path: Path
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        with np.load(self.path, allow_pickle=False) as archive:
            self.names = tuple(archive.files)

    def __iter__(self) -> Any:
        return iter(self.names)

    def __contains__(self, key: str) -> bool:
        return key in self.names

    def __getitem__(self, key: str) -> Any:
        with np.load(self.path, allow_pickle=False) as archive:
            return archive[key]


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _rows(indptr: NDArray[Any], n_pre: int, n: int) -> NDArray[np.uint32]:
    """Return the pre index of each entry of compressed rows, (n,)."""
    if indptr.dtype.kind not in "iu" or indptr.shape != (n_pre + 1,):
        raise DataError(f"indptr must be {n_pre + 1} integers (got {indptr.dtype} {indptr.shape})")
    counts = np.asarray(np.diff(indptr.astype(np.int64)), dtype=np.int64)
    if indptr[0] != 0 or indptr[-1] != n or (counts < 0).any():
        raise DataError(f"indptr must rise from 0 to {n} (got {indptr[0]} to {indptr[-1]})")
    return np.repeat(np.arange(n_pre, dtype=np.uint32), counts)
