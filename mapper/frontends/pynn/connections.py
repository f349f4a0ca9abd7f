"""The connections of one projection as columns, and single ones as views of a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pyNN import common

from mapper.frontends.pynn.simulator import Change, state

_INDICES: Final = ("presynaptic_index", "postsynaptic_index")

Columns = dict[str, NDArray[Any]]


class Connections:
    """Columns of equal length, in the order in which the connections were made.

    ``presynaptic_index`` and ``postsynaptic_index`` are places in the two groups of cells; the others are parameters
    of the synapse type.  What a connector adds is kept as it comes and joined at the first look.
    """

    def __init__(self, parameters: tuple[str, ...]) -> None:
        self.names = parameters
        self._added: list[tuple[NDArray[Any], int, tuple[Any, ...]]] = []
        self._columns: Columns = {name: np.empty(0, np.int64) for name in _INDICES}
        self._columns |= {name: np.empty(0) for name in parameters}

    def add(self, pre: NDArray[Any], post: int, parameters: Mapping[str, Any]) -> None:
        """Add the connections of one target; parameters are numbers or one value per connection."""
        self._added.append((pre, post, tuple(parameters[name] for name in self.names)))

    @property
    def columns(self) -> Columns:
        """All columns."""
        if self._added:
            added, self._added = self._added, []
            length = np.array([len(pre) for pre, _, _ in added])
            new: Columns = {
                _INDICES[0]: np.concatenate([pre for pre, _, _ in added]).astype(np.int64),
                _INDICES[1]: np.repeat(np.array([post for _, post, _ in added], dtype=np.int64), length),
            }
            for i, name in enumerate(self.names):
                new[name] = _joined([values[i] for _, _, values in added], length)
            self._columns = {name: np.concatenate([old, new[name]]) for name, old in self._columns.items()}
        return self._columns

    def __len__(self) -> int:
        """Return the number of connections."""
        return len(self.columns[_INDICES[0]])

    def __getitem__(self, index: int) -> Connection:
        """Return one connection."""
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"the projection has the connections 0..{len(self) - 1} (got {index})")
        return Connection(self, place)

    def __iter__(self) -> Iterator[Connection]:
        return (Connection(self, i) for i in range(len(self)))


def _joined(values: list[Any], length: NDArray[np.int64]) -> NDArray[np.float64]:
    if all(np.ndim(value) == 0 for value in values):
        return np.repeat(np.array(values, dtype=np.float64), length)
    spread = [np.broadcast_to(value, (n,)) for value, n in zip(values, length.tolist(), strict=True)]
    return np.concatenate(spread).astype(np.float64)


class Connection(common.Connection):  # type: ignore[misc]
    """One connection: ``presynaptic_index``, ``postsynaptic_index`` and the parameters, e.g. ``weight`` [uS]."""

    _table: Connections
    _place: int

    def __init__(self, table: Connections, place: int) -> None:
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "_place", place)

    def __getattr__(self, name: str) -> Any:
        columns = self._table.columns
        if name not in columns:
            raise AttributeError(f"a connection has {', '.join(columns)} (got {name!r})")
        return columns[name][self._place].item()

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._table.names:
            raise AttributeError(f"of a connection {', '.join(self._table.names)} can be set (got {name!r})")
        self._table.columns[name][self._place] = value
        state.changed(Change.ANALOG)

    def as_tuple(self, *attribute_names: str) -> tuple[Any, ...]:
        """Return some values."""
        return tuple(getattr(self, name) for name in attribute_names)
