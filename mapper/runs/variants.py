"""Solvers with settings of their own: ``cpsat@improve=off@routing=dijkstra``.

``NAME[@PATH=VALUE]...``: after the solver's name each ``@`` begins a setting that ``--set`` would take.  In a list the
solvers are separated by commas, so that neither a comma nor an ``@`` can stand in a value; ``--set`` takes those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from mapper.runs.run import Effort, Run, in_force
from models.errors import OptionError

if TYPE_CHECKING:
    from models.instance import Instance


class Variant(NamedTuple):
    """A solver and the settings that it has besides those of the whole comparison, sorted by path."""

    solver: str
    settings: Mapping[str, str]

    @property
    def name(self) -> str:
        """Return the name under which it is shown."""
        return variant_name(self.solver, self.settings)

    def check(self, settings: Mapping[str, str]) -> None:
        """Check the solver and its settings together with those of the comparison.

        Raises
        ------
        models.errors.MapperError
            What `mapper.solvers.check_settings` raises.
        """
        from mapper.solvers import check_settings

        check_settings(self.solver, self.merged(settings))

    def merged(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return the settings of the comparison with its own, which have the last word."""
        return {path: value for path, value in settings.items() if path not in self.settings} | dict(self.settings)

    def run(self, instance: Instance, seed: int, effort: Effort) -> Run:
        """Return the run of this solver on an instance, with all limits in force."""
        own = replace(effort, settings=self.merged(effort.settings or {}))
        return Run(instance, self.solver, seed, in_force(own, instance), self.name if self.settings else "")


def variant_name(solver: str, settings: Mapping[str, str]) -> str:
    """Return ``solver@path=value...``, in the order of the paths."""
    return "@".join([solver, *(f"{path}={settings[path]}" for path in sorted(settings))])


def parse_variant(text: str) -> Variant:
    """Return the solver that a text names.

    Raises
    ------
    OptionError
        If what follows an ``@`` is no ``PATH=VALUE``, or a path stands there twice.
    """
    solver, *parts = (part.strip() for part in text.split("@"))
    settings: dict[str, str] = {}
    for part in parts:
        path, equals, value = (word.strip() for word in part.partition("="))
        if not (solver and equals and path):
            raise OptionError(f"{text!r} must read SOLVER@PATH=VALUE, e.g. cpsat@improve=off (got {part!r})")
        if path in settings:
            raise OptionError(f"{text!r} sets {path!r} twice")
        settings[path] = value
    return Variant(solver, dict(sorted(settings.items())))


def parse_variants(text: str) -> tuple[Variant, ...]:
    """Return the solvers of a list with commas, each once.

    Raises
    ------
    OptionError
        See `parse_variant`.
    """
    found = [parse_variant(part) for part in text.split(",") if part.strip()]
    return tuple({variant.name: variant for variant in found}.values())
