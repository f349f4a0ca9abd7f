"""The command line.

Standard output carries the result only (a table, or one JSON document with ``--json``); logs, progress and warnings
go to standard error.  Exit codes: 0 done; 1 the answer is "no"; 2 usage or input-file error; 3 no mapping found;
5 a needed extra is not installed; 70 internal error; 130 and 143 interrupted, with the best result written.

Nothing here imports a heavy library before a command runs.
"""

from mapper.cli._group import cli, main

__all__ = ["cli", "main"]
