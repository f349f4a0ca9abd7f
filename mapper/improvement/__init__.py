"""Improvement of complete mappings by moves whose parts are priced by what is lost."""

from mapper.improvement.loop import MOVES, chosen_moves, improve

__all__ = ["MOVES", "chosen_moves", "improve"]
