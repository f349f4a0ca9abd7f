"""The written forms of a report: complete, self-contained, and with hostile names harmless."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from mapper.report import build
from mapper.report.blocks import Chart, Matrices, Table
from mapper.report.exports import COLUMNS, hbp, json_text, latex, projections_csv, runs_csv
from mapper.report.figures import figures
from mapper.report.page import html, markdown
from mapper.report.plots import draw, has_matplotlib
from mapper.report.runs import parse_run
from mapper.report.svg import COLOURS, GREY, chart_colours

HOSTILE = "<img src=x onerror=alert(1)>&\"'|`$x$\\input{y}\x07"
#: Where a page could fetch something from.
REQUESTS = ("src", "srcset", "href", "xlink:href", "action", "data", "poster")


class Page(HTMLParser):
    """Collects tags, what could be requested, event handlers and headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in REQUESTS]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def runs_of(document, names=("net", "other"), solvers=("cpsat", "marocco")):
    return [
        parse_run(document(instance=name, solver=solver, seed=seed, lost=20 * i + 10 * j + seed))
        for i, name in enumerate(names)
        for j, solver in enumerate(solvers)
        for seed in (0, 1)
    ]


@pytest.fixture(params=[False, True], ids=["own drawing", "matplotlib"])
def matplotlib(request):
    if request.param and not has_matplotlib():
        pytest.skip("matplotlib is not installed")
    return request.param


def test_everything_stands_on_the_page(document):
    report = build(runs_of(document))
    text = html(report, matplotlib=False)
    for title in (
        "Headline", "Loss per instance", "Profile", "Loss over time", "Where the loss is", "What the loss does",
        "Resources", "Gap", "Statistics", "Reproduce", "Definitions",
    ):  # fmt: skip
        assert f"<h2>{title}</h2>" in text
    assert text.count("<svg") == text.count("<figure>") >= 8
    assert "mapper compare net --solvers cpsat --seeds 0, --time-limit 3 --threads 1 -o RUNS" in text


def test_the_conditions_stand_below_the_headline(document):
    text = html(build(runs_of(document)), matplotlib=False)
    first = text[text.index("<h2>Headline") : text.index("<h2>Loss per instance")]
    for words in ("2 solvers mapped 2 networks", "set digest", "time limit [s]", "seeds", "threads", "OR-Tools"):
        assert words in first
    again = "mapper compare net other --solvers cpsat,marocco --seeds 0,1 --time-limit 3 --threads 1 -o RUNS"
    assert again in text[text.index("<h2>Reproduce") :]


def test_long_tables_are_folded(document):
    runs = [parse_run(document(instance=f"net{i}", lost=i)) for i in range(31)]
    text = html(build(runs), matplotlib=False)
    assert "<summary>Loss [%]: median [min-max] over seeds, status (31 rows)</summary>" in text
    assert text.count("<details>") == text.count("</details>")


def test_matrices_by_population_and_their_difference(document):
    report = build(runs_of(document))
    found = [block for section in report.sections for block in section.blocks if isinstance(block, Matrices)]
    plain = next(block for block in found if block.title.startswith("net: loss"))
    assert plain.names == ("x", "y")
    # net, seed 0, the first of two runs as near to the median: cpsat loses 0 of 60, marocco 10
    assert dict(plain.matrices) == {
        "cpsat": {(0, 1): 0.0, (1, 0): 0.0}, "marocco": {(0, 1): pytest.approx(100 / 6), (1, 0): 0.0},
    }  # fmt: skip
    change = next(block for block in found if block.signed)
    assert dict(change.matrices) == {"cpsat minus marocco": {(0, 1): pytest.approx(-100 / 6), (1, 0): 0.0}}


def test_losses_and_solutions_lead_to_files(document):
    runs = runs_of(document)
    links, views = {"runs/net.sol.zip": "RUNS/net%20a.sol.zip"}, {("net", "cpsat"): "report.views/net.html#a=0"}
    text = html(build(runs, links=links, views=views), matplotlib=False)
    assert '<a href="report.views/net.html#a=0">' in text
    assert text.count('href="RUNS/net%20a.sol.zip"') == 4
    assert text.count("report.views/") == 1


def test_figures_are_files_of_their_own(document, matplotlib, monkeypatch):
    monkeypatch.setattr("mapper.report.plots.has_matplotlib", lambda: matplotlib)
    report = build(runs_of(document, (HOSTILE,)))
    wanted = [section for section in report.sections if section.title in ("Loss per instance", "Where the loss is")]
    report = replace(report, sections=tuple(wanted))
    files = figures(report)
    charts = [block for section in report.sections for block in section.blocks if not isinstance(block, str | Table)]
    assert len([name for name in files if name.endswith(".svg")]) == len(charts)
    assert all(re.fullmatch(r"\d\d-[a-z0-9.-]+\.(svg|pdf)", name) for name in files)
    first = next(content for name, content in files.items() if name.endswith(".svg"))
    assert ElementTree.fromstring(first).tag == "{http://www.w3.org/2000/svg}svg"
    pdfs = [content for name, content in files.items() if name.endswith(".pdf")]
    assert bool(pdfs) == matplotlib
    assert all(content.startswith(b"%PDF") for content in pdfs)


def test_the_page_requests_nothing_and_hostile_names_are_text(document, matplotlib):
    text = html(build(runs_of(document, (HOSTILE,), (HOSTILE + "s",))), matplotlib)
    page = Page(text)
    assert page.handlers == []
    assert "img" not in page.tags
    assert page.tags.count("script") == 1
    assert all(link.startswith(("#", "data:")) for link in page.links)
    assert not re.search(r"url\((?!#)|@import", text)
    assert "default-src 'none'" in text


def test_charts_are_well_formed_and_always_the_same(document, matplotlib):
    report = build(runs_of(document, (HOSTILE,), (HOSTILE, "b")))
    charts = [block for section in report.sections for block in section.blocks if not isinstance(block, str | Table)]
    kinds = {(type(chart), getattr(chart, "x_scale", ""), len(getattr(chart, "series", ()))): chart for chart in charts}
    assert {kind.__name__ for kind, _, _ in kinds} == {"Chart", "Bars", "Wafers", "Matrices"}
    for chart in kinds.values():
        text = draw(chart, matplotlib)
        assert HOSTILE[:16] in "".join(ElementTree.fromstring(text).itertext())
    assert draw(chart, matplotlib) == text


def test_the_same_runs_give_the_same_bytes(document):
    first, second = (html(build(runs_of(document)), matplotlib=False) for _ in range(2))
    assert first == second


def test_markdown_tables_keep_their_columns(document):
    text = markdown(build(runs_of(document, (HOSTILE, "net"))))
    assert "<img" not in text.replace("\\<", "")
    tables = [block for block in text.split("\n\n") if block.startswith("| ")]
    assert len(tables) >= 10
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_latex_has_booktabs_and_no_command_from_a_name(document):
    text = latex(build(runs_of(document, (HOSTILE, "net"))))
    assert text.count(r"\begin{table}") == text.count(r"\toprule") == text.count(r"\bottomrule") == 4
    assert r"\input{" not in text
    assert r"\textbackslash{}input\{y\}" in text


def test_csv_has_one_line_per_run_and_no_formula(document):
    runs = runs_of(document, ("=1+1", "net"))
    lines = list(csv.reader(io.StringIO(runs_csv(runs))))
    assert lines[0] == list(COLUMNS)
    assert len(lines) == 1 + len(runs)
    assert lines[1][:1] == ["'=1+1"]
    by_name = dict(zip(COLUMNS, lines[-1], strict=True))
    assert (by_name["lost"], by_name["loss_percent"], by_name["gap_pp"], by_name["status"]) == (
        "31",
        "31.0",
        "30.0",
        "F",
    )
    assert list(csv.reader(io.StringIO(projections_csv(runs))))[1][3:] == ["a", "60", "0"]


def test_json_summary(document):
    report = json.loads(json_text(build(runs_of(document))))
    assert report["format"] == "wafer-report/1"
    assert [cell["loss"] for cell in report["cells"]] == [0.5, 10.5, 20.5, 30.5]
    assert len(report["runs"]) == 8


def test_hbp_files(document):
    failed = parse_run(document(status="none"))
    files = hbp([*runs_of(document, ("../net",)), failed])
    assert sorted(files) == [f"net_network_{s}_s{i}_results.json" for s in ("cpsat", "marocco") for i in (0, 1)]
    results = files["net_network_marocco_s1_results.json"]["results"]
    values = {result["name"]: result["value"] for result in results}
    assert values == {
        "setup_time": 2.0, "total_time": 2.0, "synapses": 100, "neurons": 4, "synapse_loss": 11,
        "synapse_loss_after_l1": 5,
    }  # fmt: skip


def test_runs_that_all_failed_still_give_a_report(document, matplotlib):
    bare = {
        k: v for k, v in document(status="none").items() if k in ("instance", "digest", "solver", "seed", "synapses")
    }
    report = build([parse_run(bare | {"status": "none", "reason": "the wafer is too small"})])
    assert "the wafer is too small" in html(report, matplotlib)
    assert "No run with a valid mapping loses a synapse." in markdown(report)
    assert json.loads(json_text(report))["cells"][0]["failures"] == 1


def test_a_solver_has_one_colour_and_the_bound_is_grey_whoever_is_missing(document, matplotlib):
    runs = [*runs_of(document, names=("net",)), *runs_of(document, names=("other",), solvers=("marocco",))]
    found = {}
    for section in build(runs).sections:
        for block in section.blocks:
            if isinstance(block, Chart) and {series.label for series in block.series} >= {"marocco"}:
                colours = chart_colours(block)
                found |= {block.title: (colours["marocco"], colours.get("proven bound"))}
                drawn = draw(block, matplotlib)
                assert all(colour in drawn for colour in colours.values() if colour != GREY)
                assert not matplotlib or ("fill: currentColor" in drawn and f"fill: {GREY}" not in drawn)
    assert {colour for colour, _ in found.values()} == {COLOURS[1]}
    assert found["Loss over time: net"] == found["Loss over time: other"] == (COLOURS[1], GREY)
    assert GREY not in COLOURS


def test_one_lost_synapse_of_many_is_not_nothing(document):
    runs = [parse_run(document(solver=s, lost=n) | {"synapses": 47953}) for s, n in (("cpsat", 0), ("marocco", 1))]
    table = next(b for section in build(runs).sections for b in section.blocks if getattr(b, "name", "") == "loss")
    assert [value.text for value in table.rows[0][2:4]] == ["0.00 F", "<0.01 F"]


def test_a_report_on_a_part_says_why_there_is_no_mean_over_time(document):
    runs = [*runs_of(document, names=("net",)), *runs_of(document, names=("other",), solvers=("marocco",))]
    text = markdown(build([run for run in runs if (run.instance, run.solver) != ("net", "marocco")]))
    assert "No mean over all instances: every solver lacks runs" in text
    assert "No run file has a timeline" not in text
    text = markdown(build([replace(run, timeline=()) for run in runs]))
    assert "No run file has a timeline." in text


@pytest.mark.parametrize("signed", [False, True])
def test_the_line_below_matrices_fits(signed):
    drawn = draw(Matrices("t", ("a",), (("x", {(0, 0): 12.3456}),), signed=signed))
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', drawn)[1])
    line = re.findall(r'font-size="11">([^<]*)<', drawn)[-1]
    assert line.endswith("grey: the same" if signed else "grey: none")
    assert len(line) * 5.6 + 8 < width  # letters of 11 px in Chromium are that wide
