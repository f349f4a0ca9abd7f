"""The viewer as one HTML file: our own script and style, and the data, deflated, in base64."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from importlib.resources import files
from typing import Any, Final

import numpy as np

from mapper.viewer.data import ViewData

#: Arrays start at multiples of this many bytes, as typed arrays in the browser must.
_ALIGNMENT: Final = 8
_LETTERS: Final = {"i": "Int", "u": "Uint", "f": "Float"}


def page(view: ViewData) -> str:
    """Return the HTML file.

    It makes no request: its content security policy allows the script and the style in it by their digests, and
    nothing else.  Everything that comes from files is inside the data, never in the HTML.
    """
    script, style, frame = _script(), _asset("viewer.css"), _asset("viewer.html")
    policy = (
        f"default-src 'none'; script-src 'sha256-{_digest(script)}'; style-src 'sha256-{_digest(style)}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    fields = {"policy": policy, "style": style, "script": script, "data": base64.b64encode(pack(view)).decode()}
    for name, value in fields.items():
        before, after = frame.split("{{" + name + "}}")
        frame = before + value + after
    return frame


def own_code_bytes() -> int:
    """Return the size of script and style [bytes]."""
    return len((_script() + _asset("viewer.css")).encode())


def pack(view: ViewData) -> bytes:
    """Return a view as raw deflate of: length of the JSON text (uint32), JSON text, arrays (little-endian).

    ``arrays`` of the JSON lists name, JavaScript's array type, offset behind the JSON [bytes] and length of each.
    """
    listed: list[list[Any]] = []
    chunks: list[bytes] = []
    offset = 0
    for name, array in view.arrays.items():
        small = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"))
        data = small.tobytes()
        listed.append([name, f"{_LETTERS[array.dtype.kind]}{8 * array.dtype.itemsize}Array", offset, array.size])
        chunks.append(data + bytes(-len(data) % _ALIGNMENT))
        offset += len(chunks[-1])
    text = json.dumps({**view.meta, "arrays": listed}, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-(len(text) + 4) % _ALIGNMENT)
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    whole = len(text).to_bytes(4, "little") + text + b"".join(chunks)
    return compressor.compress(whole) + compressor.flush()


def _script() -> str:
    """Return the script, one JavaScript module in two files."""
    return _asset("viewer.js") + _asset("panel.js")


def _asset(name: str) -> str:
    return files("mapper.viewer").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
