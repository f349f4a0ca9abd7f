"""Write files so that a reader sees the old one or the whole new one."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def write_text(path: Path, text: str) -> None:
    """Write a text file: to a temporary name, then renamed."""
    with _temporary(path) as handle, os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file: to a temporary name, then renamed."""
    with _temporary(path) as handle, os.fdopen(handle, "wb") as stream:
        stream.write(content)


@contextmanager
def _temporary(path: Path) -> Iterator[int]:
    """Open a file beside another, which takes its place when all went well."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    temporary = Path(name)
    try:
        yield handle
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def to_json(document: Any) -> str:
    """Return a document as JSON text with a final newline; NumPy scalars and paths become plain values."""
    return json.dumps(document, indent=2, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")
