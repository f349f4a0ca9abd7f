"""Runs of ``mapper compare``: one instance, one solver, one seed, done in a process of its own, kept in two files.

* ``run.py``: what a run is and the key by which a finished one is known.
* ``perform.py``: do a run in this process and judge it from its bits.
* ``apart.py``, ``child.py``: do it in a process of its own; a crash is a result.
* ``folder.py``, ``claims.py``: what is finished in a folder, and which process does the rest.
* ``sweep.py``: do many runs with any `concurrent.futures.Executor`; what is finished is not repeated.
* ``cluster.py``: Dask's executor.

Only this room, the reports and the faces of the mapper look at the emulator; no stage imports it.
"""
