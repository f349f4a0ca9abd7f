"""Compiled inner loops of the engine: functions of scalars and numpy arrays only, documented but not annotated."""
