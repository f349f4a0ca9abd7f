"""Dask's executor for `mapper.runs.sweep.perform_all`: workers may die, their runs are done by others."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from mapper.runs.run import RunError

#: How often Dask tries a run again that failed for another reason than the run itself.
_RETRIES: Final = 2
#: How long a scheduler may take to answer [s].
_TIMEOUT: Final = 15
#: Workers that are started with ``--resources threads=N`` take no more runs than these threads bear.
_RESOURCE: Final = "threads"


class NoDask(RunError):
    """Dask is not installed."""

    def __init__(self) -> None:
        super().__init__("distributed is not installed; get it with: pip install 'hicann-mapper[dask]'")


@contextmanager
def dask_executor(scheduler: str | None = None, threads: int = 1, workers: int | None = None) -> Iterator[Executor]:
    """Give an executor whose runs are done by the workers of a Dask scheduler.

    Parameters
    ----------
    scheduler : str, optional
        Its address, ``tcp://host:8786``; none: that of Dask's configuration (``DASK_SCHEDULER_ADDRESS``), else a
        scheduler and workers on this machine.
    threads : int
        Threads of one run; workers that announce a resource ``threads`` bear no more runs than it allows.
    workers : int, optional
        Workers, where this machine has to do it.

    Raises
    ------
    NoDask
        If Dask is not installed.
    RunError
        If the scheduler does not answer.
    """
    if find_spec("distributed") is None:
        raise NoDask
    dask: Any = import_module("distributed")
    address = scheduler or import_module("dask.config").get("scheduler-address", None)
    with warnings.catch_warnings():
        # an instance of three million synapses takes 9 MB on the wire: little beside what a run takes
        warnings.filterwarnings("ignore", message="Sending large graph")
        if address is None:
            cluster = dask.LocalCluster(
                n_workers=workers or 1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
            )
            with cluster, dask.Client(cluster) as client:
                yield _executor(client, threads)
            return
        try:
            client = dask.Client(address, timeout=_TIMEOUT)
        except (OSError, ValueError) as error:
            raise RunError(
                f"no Dask scheduler answers at {address} ({error}); start one with: dask scheduler"
            ) from None
        with client:
            yield _executor(client, threads)


def _executor(client: Any, threads: int) -> Executor:
    limits = [worker["resources"].get(_RESOURCE) for worker in client.scheduler_info()["workers"].values()]
    known = [limit for limit in limits if limit is not None]
    if known and max(known) < threads:
        raise RunError(
            f"runs of {threads} threads, but no worker bears more than {max(known):g}: start workers with "
            f"--resources {_RESOURCE}={threads}, or give runs fewer threads"
        )
    resources = {"resources": {_RESOURCE: threads}} if known else {}
    executor: Executor = client.get_executor(pure=False, retries=_RETRIES, **resources)
    return executor
