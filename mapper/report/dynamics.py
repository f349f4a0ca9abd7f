"""The dynamics in a report: what ``mapper emulate -o`` wrote, as tables, rasters and distributions."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mapper.report.blocks import Block, Chart, Raster, Section, Series, Table, Value
from mapper.report.sections import count, number
from models.errors import FormatError

#: Format of the files.
EMULATION: Final = "wafer-emulation/1"
#: Key of a measure in the file, header, factor, digits.
_MEASURES: Final = (
    ("in_degree", "in-degree", 1.0, 1),
    ("excitation", "excitation [%]", 100.0, 1),
    ("rate", "rate [Hz]", 1.0, 2),
    ("rate_sd", "rate sd [Hz]", 1.0, 2),
    ("cv", "CV", 1.0, 3),
    ("correlation", "correlation", 1.0, 4),
    ("synchrony", "chi", 1.0, 3),
    ("distance", "distance", 1.0, 2),
)
#: Key of a distribution, title, label of its axis.
_DISTRIBUTIONS: Final = (
    ("rate", "Rates", "rate [Hz]"),
    ("cv", "Irregularity", "CV of intervals"),
    ("correlation", "Correlations of pairs", "correlation"),
    ("in_degree", "In-degrees", "synapses per neuron"),
)
_NOTE: Final = (
    "Requested: the network as it was asked for. Other seed: the same under another seed; a difference between runs "
    "means something if it is larger than that. Measures are Elephant's, means over trials; neurons that are not on "
    "the wafer count as silent. Excitation: share of excitatory conductance in all that reaches a population. "
    "Distance: van Rossum, of every neuron from itself in the requested network."
)


@dataclass(frozen=True, slots=True)
class Emulation:
    """One emulated instance: ``content`` is what ``mapper emulate`` wrote."""

    instance: str
    digest: str
    content: Mapping[str, Any]


def load_emulations(paths: Iterable[Path], digests: Mapping[str, str]) -> tuple[Emulation, ...]:
    """Return the emulations among files and in folders, by instance; other files are left to others.

    Parameters
    ----------
    paths : iterable of Path
        Files and folders.
    digests : mapping
        Digest of each instance that the report is on.

    Raises
    ------
    FormatError
        If an emulation is damaged, or is of another instance of the same name.
    """
    found: dict[Path, Emulation] = {}
    for path in paths:
        for file in sorted(path.glob("[!.]*.json")) if path.is_dir() else [path]:
            made = _read(file)
            if made is not None:
                known = digests.get(made.instance, made.digest)
                if known != made.digest:
                    raise FormatError(
                        f"{file} emulates another {made.instance} ({made.digest}) than the runs ({known})"
                    )
                found[file.resolve()] = made
    return tuple(sorted(found.values(), key=lambda made: made.instance))


def _read(path: Path) -> Emulation | None:
    """Return the emulation of a file; None if it is something else, which its own reader judges."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("format") != EMULATION:
        return None
    try:
        made = Emulation(str(document["instance"]), str(document["digest"]), document)
        _blocks(made)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FormatError(f"{path}: damaged emulation ({type(error).__name__}: {error})") from error
    return made


def dynamics_section(emulations: Sequence[Emulation]) -> Section:
    """Return what the mappings do to the dynamics; without emulations, how to get them."""
    title = "What the mappings do to the dynamics"
    if not emulations:
        return Section(
            title,
            ("Nothing was emulated: mapper emulate INSTANCE SOLUTION... -o RUNS/FILE.npz, then report RUNS/ again.",),
        )
    return Section(title, (_NOTE, *(block for made in emulations for block in _blocks(made))))


def _blocks(made: Emulation) -> list[Block]:
    content, runs = made.content, made.content["runs"]
    labels = [_label(run) for run in runs]
    trials = "1 trial" if content["trials"] == 1 else f"{int(content['trials'])} trials"
    conditions = f"{float(content['duration']) / 1e3:g} s, dt {float(content['dt']):g} ms, {trials}"
    blocks: list[Block] = [_overview(made, labels, conditions)]
    if len(runs[0]["populations"]) > 2:
        blocks.append(_by_population(made, labels))
    blocks += _rasters(made, labels)
    for key, name, axis in _DISTRIBUTIONS:
        spread = content["distributions"].get(key)
        if spread is not None:
            series = [
                _steps(label, spread["edges"], counts) for label, counts in zip(labels, spread["counts"], strict=True)
            ]
            what = "share of pairs [%]" if key == "correlation" else "share of neurons [%]"
            blocks.append(Chart(f"{name}: {made.instance}", axis, what, tuple(series)))
    return blocks


def _label(run: Mapping[str, Any]) -> str:
    solver = run.get("solver")
    return str(run["label"]) if solver in (None, run["label"]) else f"{run['label']} ({solver})"


def _overview(made: Emulation, labels: Sequence[str], conditions: str) -> Table:
    rows = []
    for label, run in zip(labels, made.content["runs"], strict=True):
        lost, gone = run["lost"], sum(int(n) for n in run["lost_spikes"].values())
        share = None if lost is None else 100.0 * int(lost) / max(1, int(run["synapses"]))
        rows.append((
            Value(label), count(None if lost is None else int(lost)), number(share), count(int(run["spikes"])),
            count(None if lost is None else gone), *_values(run["populations"][-1]),
        ))  # fmt: skip
    header = ("run", "synapses lost", "[%]", "spikes", "spikes lost", *(name for _, name, _, _ in _MEASURES))
    return Table(f"dynamics-{made.instance}", f"{made.instance}, all neurons, {conditions}", header, tuple(rows))


def _by_population(made: Emulation, labels: Sequence[str]) -> Table:
    runs = made.content["runs"]
    rows = tuple(
        (Value(str(runs[0]["populations"][i]["population"])), Value(label), *_values(run["populations"][i]))
        for i in range(len(runs[0]["populations"]) - 1)
        for label, run in zip(labels, runs, strict=True)
    )
    header = ("population", "run", *(name for _, name, _, _ in _MEASURES))
    return Table(f"populations-{made.instance}", f"{made.instance}, by population", header, rows, (0, 1))


def _values(measures: Mapping[str, Any]) -> list[Value]:
    return [
        number(None if measures[key] is None else factor * float(measures[key]), digits)
        for key, _, factor, digits in _MEASURES
    ]


def _rasters(made: Emulation, labels: Sequence[str]) -> list[Raster]:
    raster = made.content["raster"]
    bands = tuple((str(one["name"]), int(one["first"]), int(one["end"])) for one in raster["populations"])
    start, stop = float(raster["start"]), float(raster["stop"])
    if not (math.isfinite(start) and start < stop < math.inf):
        raise ValueError(f"the raster's window is {start} to {stop}")
    return [
        Raster(
            f"Spikes: {made.instance}, {label}", start, stop, bands,
            tuple(int(row) for row in run["row"]), tuple(float(time) for time in run["time"]),
        )
        for label, run in zip(labels, raster["runs"], strict=True)
    ]  # fmt: skip


def _steps(label: str, edges: Sequence[Any], counts: Sequence[Any]) -> Series:
    """Return a distribution as steps [%]."""
    total = max(1, sum(int(n) for n in counts))
    shares = [100.0 * int(n) / total for n in counts]
    if len(edges) != len(shares) + 1:
        raise ValueError(f"{len(edges)} edges of {len(shares)} bins")
    return Series(label, tuple(float(edge) for edge in edges), (*shares, shares[-1]))
