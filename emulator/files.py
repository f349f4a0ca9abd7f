"""Files that appear complete or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield the path of a new empty file beside ``path``, which takes its place if the block succeeds.

    Raises
    ------
    OSError
        If the directory does not exist or cannot be written; nothing is left behind.
    """
    final = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{final.name}.", dir=final.parent)
    os.close(handle)
    new = Path(name)
    try:
        yield new
        umask = os.umask(0)
        os.umask(umask)
        new.chmod(0o666 & ~umask)
        new.replace(final)
    finally:
        new.unlink(missing_ok=True)
