"""The run files of ``mapper compare``: one JSON document per run, of this and of earlier versions."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from mapper.report.measures import BINS
from mapper.report.solutions import ENDING, document_of
from mapper.runs.variants import variant_name
from models.errors import FormatError

#: Status letters by the word in a run file.
LETTERS: Final[Mapping[str, str]] = {
    "optimal": "O",
    "feasible": "F",
    "none": "N",
    "infeasible": "X",
    "timeout": "T",
    "memory": "M",
    "crashed": "C",
}
LETTER_MEANING: Final = (
    "O optimal, F feasible, N none found, X infeasible, T out of time, M out of memory, C crashed, "
    "V rejected by the checker"
)
_NOT_SETTINGS: Final = frozenset(
    ("seed", "time_limit", "det_limit", "threads", "max_hicanns", "start", "fix", "remap")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One run: one instance, one solver, one seed.

    Attributes
    ----------
    instance, digest, solver, version : str
        What was solved by what; `solver` carries the settings that differ from the defaults, ``cpsat@improve=off``.
    seed, synapses : int
        Seed; synapses that the instance requires.
    letter : str
        See `LETTER_MEANING`.
    lost, lost_l1 : int or None
        Synapses lost, by the checker if it looked, and those without an L1 route; None without a valid mapping.
    bound, bound_placement : int
        Proven lower bounds on the loss, of the instance and of the placement [synapses].
    chips : int or None
        HICANNs configured.
    seconds, cpu_seconds : float or None
        Time of the solver [s].
    timeline : tuple of (float, int, int)
        Seconds, best loss, bound.
    stages : tuple of (float, str)
        When each stage of the solver first began [s].
    by_projection, by_cause : mapping
        Loss by name.
    conditions : mapping
        Budget and threads.
    machine : mapping
        Where and when: ``started``, ``load_before``, ``load_after``, ``cores``, ``python`` and more.
    measures : mapping
        What `mapper.report.measures` found in the solution.
    solution, reason : str
        Solution file; why there is none, or that the run was interrupted.
    file : str
        Where the run file was read.
    name, settings : str, mapping
        The solver without its settings, and they.
    """

    instance: str
    digest: str
    solver: str
    version: str
    seed: int
    synapses: int
    letter: str
    lost: int | None = None
    lost_l1: int | None = None
    bound: int = 0
    bound_placement: int = 0
    chips: int | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    timeline: tuple[tuple[float, int, int], ...] = ()
    stages: tuple[tuple[float, str], ...] = ()
    by_projection: Mapping[str, int] = field(default_factory=dict)
    by_cause: Mapping[str, int] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    measures: Mapping[str, Any] = field(default_factory=dict)
    solution: str = ""
    reason: str = ""
    file: str = ""
    name: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        """Return whether there is a mapping that the checker accepts."""
        return self.lost is not None

    @property
    def counted(self) -> int:
        """Return the loss that aggregates count: everything if there is no valid mapping [synapses]."""
        return self.synapses if self.lost is None else self.lost

    @property
    def loss(self) -> float:
        """Return the counted loss [%]."""
        return points(self.counted, self.synapses)

    @property
    def overloaded(self) -> bool:
        """Return whether the machine had more to do than cores, so that times are not comparable."""
        loads = [float(self.machine.get(name) or 0) for name in ("load_before", "load_after")]
        cores = float(self.machine.get("cores") or 0)
        return bool(cores) and max(loads) > cores


def points(part: float, whole: float) -> float:
    """Return a number of synapses in percent of all; nothing of nothing is 0."""
    return 100.0 * part / whole if whole else 0.0


def load_runs(paths: Iterable[Path]) -> tuple[Run, ...]:
    """Read run files and folders of run files, ordered by instance, solver and seed.

    A solution file stands for the run file beside it, else for itself, if it solves a shipped instance.  Copies of one
    file are read once, so that folders of several machines can be given together.

    Raises
    ------
    FormatError
        If a file is damaged or no run file, there is none, two files hold the same run with different results, or one
        instance name stands for two instances.
    """
    documents: dict[Path, dict[str, Any]] = {}
    for path in paths:
        for file in sorted(path.glob("[!.]*.json")) if path.is_dir() else [path]:
            document = _read_any(file)
            if not str(document.get("format", "")).startswith(("wafer-report/", "wafer-emulation/")):
                documents[file] = document
    if not documents:
        raise FormatError(f"no run files in {', '.join(map(str, paths))}; write some with: mapper compare ... -o RUNS/")
    found: dict[tuple[str, str, int], tuple[Path, dict[str, Any]]] = {}
    runs: list[Run] = []
    for file, document in documents.items():
        run = replace(parse_run(document, str(file)), file=str(file))
        key = (run.instance, run.solver, run.seed)
        if key not in found:
            found[key] = (file, document)
            runs.append(run)
        elif found[key][1] != document:
            raise FormatError(
                f"{file} and {found[key][0]} hold the same run with different results; report one of them"
            )
    _check_digests(runs)
    return tuple(sorted(runs, key=lambda run: (run.instance, run.solver, run.seed)))


def _read_any(file: Path) -> dict[str, Any]:
    if not file.name.endswith(ENDING):
        return _read(file)
    beside = file.with_name(f"{file.name.removesuffix(ENDING)}.json")
    return _read(beside) if beside.is_file() else document_of(file)


def _check_digests(runs: Iterable[Run]) -> None:
    digests: dict[str, str] = {}
    for run in runs:
        if digests.setdefault(run.instance, run.digest) != run.digest:
            raise FormatError(f"instance {run.instance} has two digests; report the runs on each of them apart")


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FormatError(f"{path}: no such file or folder") from None
    except (OSError, ValueError, RecursionError) as error:
        raise FormatError(f"{path}: not a run file or damaged ({error})") from error
    if not isinstance(document, dict):
        raise FormatError(f"{path}: not a run file (a {type(document).__name__})")
    return document


def parse_run(document: Mapping[str, Any], where: str = "run") -> Run:
    """Return the run of a document.

    Raises
    ------
    FormatError
        If a value is missing or of the wrong type.
    """
    try:
        return _parse(document)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise FormatError(f"{where}: not a run file of mapper compare ({type(error).__name__}: {error})") from error


def _parse(document: Mapping[str, Any]) -> Run:
    options = document.get("options") or document.get("conditions") or {}
    settings = dict(options.get("settings") or {})
    settings |= {k: v for k, v in options.items() if k not in _NOT_SETTINGS | {"settings", "max_chips"}}
    name, settings = str(document["solver"]), {str(path): str(value) for path, value in sorted(settings.items())}
    audit, bound = document.get("audit"), document.get("bound") or {}
    letter = LETTERS[document["status"]]
    rejected = audit is not None and not audit["valid"]
    mapped = letter in "OF" and not rejected
    synapses = _count(document["synapses"])
    lost = _count(audit["lost"] if audit is not None else document["lost"], synapses) if mapped else None
    return Run(
        instance=str(document["instance"]),
        digest=str(document["digest"]),
        solver=variant_name(name, settings),
        name=name,
        settings=settings,
        version=str(document.get("version", "")),
        seed=int(document["seed"]),
        synapses=synapses,
        letter="V" if rejected else letter,
        lost=lost,
        lost_l1=int(document["lost_l1"]) if mapped else None,
        bound=_count(bound.get("global", 0), synapses),
        bound_placement=_count(bound.get("placement", 0), synapses),
        chips=_count(document["chips"]) if mapped else None,
        seconds=_float(document.get("seconds")),
        cpu_seconds=_float(document.get("cpu_seconds")),
        timeline=tuple(
            (_finite(t), _count(n, synapses), int(b)) for t, n, b in document.get("timeline") or [] if n is not None
        ),
        stages=tuple((_finite(t), str(name)) for t, name in document.get("stages") or []),
        by_projection=_counts(document.get("lost_by_projection")) if mapped else {},
        by_cause=_counts(document.get("lost_by_cause")) if mapped else {},
        conditions={key: _float(options.get(key)) for key in ("time_limit", "det_limit")}
        | {"threads": None if options.get("threads") is None else _count(options["threads"])},
        machine=_machine(document.get("machine") or {}),
        measures=_measures(document.get("measures") or {}),
        solution=str(document.get("solution") or ""),
        reason=_remark(document, mapped),
    )


def _remark(document: Mapping[str, Any], mapped: bool) -> str:
    if mapped:
        return "interrupted" if document.get("interrupted") else ""
    return str(document.get("reason") or (document.get("audit") or {}).get("verdict", ""))


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is no number")
    return number


def _float(value: Any) -> float | None:
    return None if value is None else _finite(value)


def _count(value: Any, most: int | None = None) -> int:
    number = int(value)
    if number < 0 or (most is not None and number > most):
        raise ValueError(f"{value!r} must be at least 0{'' if most is None else f' and at most {most}'}")
    return number


def _counts(values: Any) -> dict[str, int]:
    return {str(name): _count(n) for name, n in (values or {}).items()}


def _floats(values: Any) -> dict[str, float]:
    return {str(name): _finite(value) for name, value in (values or {}).items()}


def _machine(values: Mapping[str, Any]) -> dict[str, Any]:
    numbers = ("load_before", "load_after", "cores")
    return {str(k): _finite(v) if k in numbers else str(v) for k, v in values.items() if v is not None}


def _measures(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the measures with every number checked; what is missing or unknown is left out."""
    known: dict[str, Any] = {}
    if "neurons" in values:
        known["neurons"] = _count(values["neurons"])
    for name in ("required_by_projection", "lost_by_hicann"):
        if name in values:
            known[name] = _counts(values[name])
    if "lost_by_hicann" in known:
        known["lost_by_hicann"] = {int(hicann): n for hicann, n in known["lost_by_hicann"].items()}
    for name in ("hops", "balance"):
        known[name] = _floats(values.get(name))
    known["wiring"] = _counts(values.get("wiring"))
    known["lost_by_pair"] = [
        (str(pre), str(post), _count(required), _count(lost, _count(required)))
        for pre, post, required, lost in values.get("lost_by_pair") or []
    ]
    paths = dict(values.get("paths") or {})
    known["paths"] = {"histogram": [_count(n) for n in paths.pop("histogram", [])]} | _floats(paths)
    known["resources"] = {
        str(name): {key: _count(use[key]) for key in ("used", "most", "available")}
        for name, use in (values.get("resources") or {}).items()
    }
    degree = dict(values.get("in_degree") or {})
    histogram = [_count(n) for n in degree.pop("histogram", [])]
    known["in_degree"] = _floats(degree) | ({"histogram": histogram} if len(histogram) == BINS else {})
    return known
