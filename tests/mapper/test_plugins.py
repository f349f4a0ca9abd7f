"""Solvers of other packages: found by their entry points, imported when used, blamed for what goes wrong in them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

import mapper
from mapper.cli import cli
from mapper.plugins import PluginError, find_entry, provenance
from mapper.solvers import MAROCCO, SolverError, check_settings, find_algorithm, find_solver, solver_names
from mapper.testing import check_solver, examine, small_instances

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_solver"
SMALL = small_instances()[:1]


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put packages with entry points where Python finds them, as an installer does."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(name, entries, code=None, version="1.0"):
        info = tmp_path / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = [f"{solver} = {value}\n" for solver, value in entries.items()]
        (info / "entry_points.txt").write_text("".join(["[mapper.solvers]\n", *lines]))
        if code is not None:
            (tmp_path / f"{name}.py").write_text(code)
            monkeypatch.delitem(sys.modules, name, raising=False)
        return tmp_path

    return put


@pytest.fixture
def example(install, monkeypatch):
    """Install the example package from its own pyproject.toml."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    folder = install("random_choices", project["entry-points"]["mapper.solvers"], version=project["version"])
    shutil.copy(EXAMPLE / "random_choices.py", folder)
    monkeypatch.delitem(sys.modules, "random_choices", raising=False)
    return folder


def run(*args):
    return CliRunner().invoke(cli, [str(arg) for arg in args], prog_name="mapper")


def test_the_example_appears_and_passes(example):
    assert solver_names()[-1] == "random-choices"
    check_solver("random-choices", SMALL, det_limit=0.5)


def test_the_example_is_compared(example, tmp_path):
    result = run(
        "compare", "guidebook-s0", "--solvers", "marocco,random-choices", "--seeds", "0,", "--time-limit", "5s",
        "-o", tmp_path / "runs", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)["runs"]
    assert [(document["solver"], document["audit"]["verdict"]) for document in found] == [
        ("marocco", "bits agree"), ("random-choices", "bits agree"),
    ]  # fmt: skip
    listed = run("compare", "guidebook-s0", "--solvers", "random-chioces")
    assert (listed.exit_code, "did you mean 'random-choices'?" in listed.stderr) == (2, True)


def test_a_broken_variant_fails_with_clear_words(example):
    path = example / "random_choices.py"
    code = path.read_text()
    for right, wrong in (
        ('context.rng("random-choices")', "__import__('numpy').random.default_rng()"),
        ("with_settings(MAROCCO, settings)", "MAROCCO"),
        ("if report(mapping):", "print(drawn)\n        if report(mapping):"),
    ):
        assert right in code
        code = code.replace(right, wrong)
    path.write_text(code.replace("if report(run_steps(problem, steps, context)):", "if False:"))
    lines = str(examine("random-choices", SMALL, det_limit=0.5)).splitlines()
    assert lines[0].startswith("solver 'random-choices' fails 3 of 13 checks:")
    assert "  repeatable: under det_limit the same seed gives the same mapping" in "\n".join(lines)
    assert "    on one-hicann: it was given no-such-setting=1 and took it" in lines
    assert any(line.startswith("    on one-hicann: it printed \"{'placement'") for line in lines)


@pytest.mark.skipif(find_spec("hatchling") is None, reason="needs hatchling to build a package without a network")
def test_pip_installs_the_example(tmp_path):
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(tmp_path), str(EXAMPLE)], check=True, capture_output=True)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nimport mapper; print(mapper.solver_names()[-1])"
    asked = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert asked.stdout == "random-choices\n"


def test_nothing_foreign_is_imported_for_what_is_built_in(install):
    install("explosive", {"bang": "explosive:search"}, "raise SystemError('imported')")
    assert find_solver("marocco") == MAROCCO
    assert "bang" in solver_names()
    assert "explosive" not in sys.modules


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("faulty:search", "cannot be loaded from 'faulty:search' (ZeroDivisionError: division by zero)"),
        ("no_such_module:search", "(ModuleNotFoundError: No module named 'no_such_module')"),
        ("json:searching", "(AttributeError: module 'json' has no attribute 'searching')"),
        ("json:__name__", "is a str; it must be a function or a tuple of Step"),
    ],
)
def test_a_broken_package_is_one_line_that_names_it(install, value, words):
    install("faulty", {"shaky": value}, "1 / 0", version="2.3")
    with pytest.raises(PluginError) as raised:
        find_solver("shaky")
    assert words in str(raised.value)
    result = run("solve", "guidebook-s0", "--solver", "shaky")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "'shaky' of faulty 2.3" in line


def test_what_goes_wrong_in_a_foreign_solver_is_its_fault(install):
    install("naive", {"naive": "naive:search"}, "def search(problem, context):\n    pass\n")
    with pytest.raises(PluginError, match=r"^solver 'naive' of naive 1.0 failed \(TypeError: search\(\) takes 2"):
        mapper.solve(SMALL[0], "naive")


def test_two_packages_with_one_name(install):
    install("first", {"twin": "json:loads"})
    install("second", {"twin": "json:loads"})
    with pytest.raises(PluginError, match=r"added by (first|second) 1.0 and (first|second) 1.0; uninstall one"):
        find_solver("twin")


def test_what_is_built_in_cannot_be_replaced(install, caplog):
    install("impostor", {"marocco": "json:loads"})
    assert find_solver("marocco") == MAROCCO
    assert solver_names().count("marocco") == 1
    assert "solver 'marocco' of impostor 1.0 is not used: the name is built in" in caplog.text


STAGE = """
from mapper.placement import linear
from mapper.solvers import MAROCCO, Step

def placing(problem, draft, context, *, order: str = "spiral"):
    return linear(problem, draft, context, hicann_order=order)

TABLE = (Step("placement", "staged:placing"), *MAROCCO[1:])
"""


def test_an_own_stage_by_its_function(install):
    install("staged", {"own-table": "staged:TABLE"}, STAGE)
    own = mapper.solve(SMALL[0], "marocco", det_limit=0.1, options={"placement": "staged:placing"})
    known = mapper.solve(SMALL[0], "marocco", det_limit=0.1, options={"placement.hicann_order": "spiral"})
    assert own.mapping.placement.hicann.tolist() == known.mapping.placement.hicann.tolist()
    assert mapper.solve(SMALL[0], "own-table", det_limit=0.1).mapping.lost == own.lost
    check_settings("own-table", {"placement.order": "spiral"})
    with pytest.raises(SolverError, match="has no option 'odrer': it has order"):
        check_settings("own-table", {"placement.odrer": "spiral"})
    check_solver("own-table", SMALL)


def test_an_own_stage_that_is_not_there():
    with pytest.raises(PluginError, match=r"^'nowhere:routing' cannot be imported \(ModuleNotFoundError: .*PYTHONPATH"):
        find_algorithm("routing", "nowhere:routing")
    with pytest.raises(PluginError, match="'json:__name__' is a str; an algorithm is a function"):
        find_algorithm("routing", "json:__name__")


def test_provenance_tells_versions_apart(install):
    folder = install("staged", {"own-table": "staged:TABLE"}, STAGE)
    entry = find_entry("own-table")
    assert entry is not None
    assert entry.dist is not None
    before = provenance("own-table", {})
    assert before[0] == "staged 1.0"
    assert provenance("marocco", {"placement": "staged:placing"}) == before[1:]
    (folder / "staged.py").write_text(STAGE + "# better\n")
    assert provenance("own-table", {})[1] != before[1]
    assert provenance("marocco", {"routing": "dijkstra"}) == []
