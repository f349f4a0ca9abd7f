"""Compiled inner loops: functions of scalars and numpy arrays only, documented but not annotated."""
