"""What ``run()`` does: map, check the loss, keep the results; then emulate if the backend asks for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mapper.frontends.clock import StageClock
from mapper.frontends.errors import FrontendError, SynapseLossError
from mapper.frontends.notices import Notices, logger
from mapper.frontends.observer import Built, observer
from mapper.frontends.pymarocco.enums import Backend, CalibBackend
from mapper.frontends.pymarocco.results import Marocco
from mapper.frontends.pymarocco.stats import Times
from mapper.frontends.pymarocco.strategies import is_own, settings_of
from mapper.frontends.pymarocco.tables import Arrays, Tables
from mapper.frontends.session import settings
from models.stats import MappingStats as Numbers

if TYPE_CHECKING:
    from mapper.frontends.pymarocco.configuration import PyMarocco
    from mapper.frontends.pymarocco.runtime import Runtime
    from mapper.frontends.session import Session
    from mapper.translation.options import Analog
    from models.hardware.calibration import Calibration
    from models.instance import Instance
    from models.solution import Solution


def run_session(session: Session, duration: float) -> None:
    """Map, and emulate for a time [ms]; or hand the network to the observer if there is one.

    Raises
    ------
    FrontendError
        If mapping is to be skipped, but there is none, or wafer_cfg and a runtime of the script are both given.
    SynapseLossError
        If synapses are lost and that is not accepted.
    """
    marocco, runtime = settings(session)
    if marocco.wafer_cfg and session.has_runtime:
        raise FrontendError("wafer_cfg and a Runtime object exclude each other: runtime.wafer() has dump() and load()")
    take = observer()
    if take is not None:
        take(built(session))
        session.time = duration
        return
    if marocco.skip_mapping:
        _skip(session, marocco, runtime)
        if marocco.wafer_cfg and Path(marocco.wafer_cfg).is_file():
            runtime.wafer().load(marocco.wafer_cfg)
    else:
        _map(session, marocco, runtime)
    if marocco.backend != Backend.Without and duration > 0:
        from mapper.frontends.emulation import emulate

        emulate(session, marocco, runtime, duration)
    session.time = duration


def built(session: Session) -> Built:
    """Return what a script asks to be mapped.

    Raises
    ------
    FrontendError
        If setup() was not called.
    """
    from mapper.frontends.building import instance_of

    marocco, _ = settings(session)
    solver, seconds = marocco.solver_and_time()
    options = solver_options(solver, marocco, session.notices)
    if is_own(marocco.neuron_placement.default_placement_strategy()):
        session.notices.warn("the placement strategy is a class of the script, which no file can hold")
    instance = instance_of(session, marocco)
    return Built(instance, solver, options, int(marocco.seed), int(marocco.threads), seconds)


def _skip(session: Session, marocco: PyMarocco, runtime: Runtime) -> None:
    if runtime.has_results:
        if int(runtime.results().tables.arrays.offsets[-1]) != session.n_cells:
            raise FrontendError("skip_mapping is set, but populations were made since the mapping: map anew")
        if session.mapped_changes not in (None, session.changes):
            session.notices.warn(
                "skip_mapping is set: the parameters, weights, delays or projections that the script has changed since "
                "the mapping have no effect; spike times and runtime.wafer() have"
            )
        return
    path = marocco.persist_path()
    if path is None or not path.is_file():
        raise FrontendError("skip_mapping is set, but nothing was mapped before: set it to False for the first run")
    from mapper.frontends.building import instance_of

    instance = instance_of(session, marocco)
    tables = Tables.load(path)
    if not tables.arrays.equal(Arrays.of(instance.network)):
        raise FrontendError(f"{path} holds the mapping of another network: map this one first")
    calibration = _calibration(analog_of(marocco, session.notices), instance)
    runtime.adopt(Marocco(replace(tables, instance=instance, calibration=calibration, stored=None)))
    session.mapped_changes = session.changes


def _calibration(analog: Analog | None, instance: Instance) -> Calibration:
    """Return what analog registers mean under the options of a script."""
    from mapper.translation.options import Analog

    return (analog or Analog()).calibration_for(instance.limits)


def _map(session: Session, marocco: PyMarocco, runtime: Runtime) -> None:
    import mapper
    from mapper.frontends.building import instance_of

    begin = time.perf_counter()
    instance = instance_of(session, marocco)
    solver, time_limit = marocco.solver_and_time()
    clock = StageClock()
    solution = mapper.solve(
        instance,
        solver,
        time_limit=time_limit,
        seed=int(marocco.seed),
        threads=int(marocco.threads),
        options=solver_options(solver, marocco, session.notices),
        events=clock,
    )
    translated = time.perf_counter()
    analog = analog_of(marocco, session.notices)
    configuration = solution.configuration
    if analog is not None:
        from mapper.configure import configure

        configuration = configure(instance, solution.mapping, analog)
        solution = replace(solution, configuration=configuration)
    calibration = _calibration(analog, instance)
    if marocco.backend != Backend.Without or logger("Calibtic").isEnabledFor(logging.INFO):
        report_saturation(session.notices, instance, solution, calibration)
    tables = Tables(solution, configuration, Arrays.of(instance.network), calibration, instance)
    numbers = Numbers.of(instance.network, solution.mapping)
    end = time.perf_counter()
    marocco.stats.fill(numbers, tables, Times(clock, end - translated, end - begin))
    logger("marocco").info("%s: %d of %d synapses lost", solver, solution.lost, solution.synapses)
    if solution.lost and not marocco.continue_despite_synapse_loss:
        raise SynapseLossError
    results = Marocco(tables)
    runtime.adopt(results)
    session.emulation, session.mapped_changes = None, session.changes
    path = marocco.persist_path()
    if path is not None:
        results.save(path, overwrite=True)
    if marocco.wafer_cfg:
        runtime.wafer().dump(marocco.wafer_cfg, overwrite=True)


def report_saturation(notices: Notices, instance: Instance, solution: Solution, calibration: Calibration) -> None:
    """Warn of parameters that the script sets and no circuit can reach; log defaults and weights out of range."""
    from mapper.translation.report import translation_report

    report = translation_report(instance.network, solution.mapping, solution.configuration, calibration)
    chosen = {
        (population.name, name.removesuffix("_E").removesuffix("_I"))
        for population in instance.network.populations
        for name in population.params
    }
    wrong = [str(entry) for entry in report.saturated if (entry.owner, entry.parameter) in chosen]
    if wrong:
        notices.warn(f"out of the range supported by the hardware: {'; '.join(wrong)}")
    for entry in report.saturated:
        if (entry.owner, entry.parameter) not in chosen:
            logger("Calibtic").info("%s", entry)


def analog_of(marocco: PyMarocco, notices: Notices) -> Analog | None:
    """Return how parameters become registers, None for what the solver does anyway.

    Raises
    ------
    models.errors.MapperError
        With ``file:line`` if a file of ``calib_path`` is malformed.
    """
    from mapper.translation.options import Analog
    from models.hardware.calibration import Calibration, Scaling

    trafo = marocco.param_trafo
    scaling = Scaling(float(marocco.experiment.speedup()), float(trafo.alpha_v), float(trafo.shift_v))
    calibration, folder = Calibration(scaling=scaling), _calibration_folder(marocco, notices)
    if folder is not None:
        from models.hardware.calibtic_xml import load_calibration

        calibration = load_calibration(folder, int(marocco.default_wafer), scaling)
    standard, big, leak = Analog(), bool(trafo.use_big_capacitors), trafo.leak()
    changed = (big, leak) != (standard.bigcap, standard.leak) or (scaling.alpha_v, scaling.shift_v) != (10.0, 1.2)
    return Analog(calibration, bigcap=big, leak=leak) if changed or folder is not None else None


def _calibration_folder(marocco: PyMarocco, notices: Notices) -> Path | None:
    """Return the directory of calibration files that can be read, None for the ideal chip."""
    if marocco.calib_backend == CalibBackend.Default or not marocco.calib_path:
        return None
    folder = Path(marocco.calib_path)
    ideal = "parameters are translated for the ideal chip"
    if not folder.is_dir():
        notices.warn(f"calib_path {str(folder)!r} does not exist here; {ideal}")
        return None
    if marocco.calib_backend == CalibBackend.Binary:
        if not any(folder.glob(f"w{int(marocco.default_wafer)}-h*.xml*")):
            notices.warn(f"calib_backend Binary cannot be read (XML can); {ideal}")
            return None
        notices.warn(f"calib_backend Binary cannot be read; the XML files in {str(folder)!r} are read instead")
    return folder


def solver_options(solver: str, marocco: PyMarocco, notices: Notices) -> Mapping[str, str]:
    """Return the settings of a solver that the options of a script mean.

    The heuristics follow the options that a script sets; a solver that searches decides these stages itself.
    """
    from mapper.solvers import TABLES

    chosen: dict[str, str] = {}
    placement, merging = marocco.neuron_placement, marocco.merger_routing
    addresses, routing = marocco.l1_address_assignment, marocco.l1_routing
    own = marocco.settings()
    if placement.was_set("default_placement_strategy") and "placement" not in own:
        chosen |= settings_of(placement.default_placement_strategy())
    for name in ("restrict_rightmost_neuron_blocks", "minimize_number_of_sending_repeaters"):
        if placement.was_set(name):
            chosen[f"placement.{name}"] = str(bool(placement.value(name))).lower()
    if merging.was_set("strategy"):
        chosen["merging.strategy"] = merging.strategy()
    if addresses.was_set("strategy"):
        chosen["addresses"] = addresses.strategy()
        chosen["inputs.address_strategy"] = addresses.strategy()
    if routing.was_set("algorithm"):
        chosen["routing"] = routing.algorithm()
    if routing.was_set("switch_ordering"):
        chosen["routing.switch_ordering"] = routing.switch_ordering()
    if routing.was_set("shuffle_switches_seed"):
        chosen["routing.switch_seed"] = str(int(routing.shuffle_switches_seed()))
    if routing.priorities:
        chosen["routing.priority"] = ",".join(f"projection{i}={n:g}" for i, n in sorted(routing.priorities.items()))
    if solver in TABLES:
        return {**chosen, **own}
    strategy = placement.default_placement_strategy()
    if is_own(strategy):
        notices.warn(
            f"the placement strategy {type(strategy).__name__} is not asked: the solver {solver!r} places itself; "
            "marocco.solver = 'marocco' asks it"
        )
        chosen.pop("placement", None)
    if chosen:
        notices.inform(
            f"the solver {solver!r} decides {', '.join(chosen)} itself; marocco.solver = 'marocco' follows the script"
        )
    return own
