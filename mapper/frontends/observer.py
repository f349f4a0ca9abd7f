"""Who wants the networks of a script instead of their mappings: ``mapper convert`` looks at them here.

A front end that is about to map asks for the `observer` first; if there is one, it hands over what it would map, and
neither maps nor emulates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.instance import Instance


@dataclass(frozen=True, slots=True)
class Built:
    """What a script asks to be mapped.

    Attributes
    ----------
    instance : Instance
        Network, wafer, limits and manual placement.
    solver : str
        Which solver it would be mapped with.
    options : mapping
        Settings of the solver, ``--set`` of ``mapper solve``.
    seed, threads : int
        Seed and cores of the solver.
    time_limit, det_limit : float or None
        Of the solver: [s], or a deterministic budget.
    """

    instance: Instance
    solver: str = "cpsat"
    options: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    threads: int = 1
    time_limit: float | None = None
    det_limit: float | None = None


Observer = Callable[[Built], None]

_OBSERVER: ContextVar[Observer | None] = ContextVar("observer", default=None)


def observer() -> Observer | None:
    """Return who takes the networks of this context, None if they are to be mapped."""
    return _OBSERVER.get()


@contextmanager
def observed(take: Observer) -> Iterator[None]:
    """Hand the networks of scripts to a function instead of mapping them."""
    token = _OBSERVER.set(take)
    try:
        yield
    finally:
        _OBSERVER.reset(token)
