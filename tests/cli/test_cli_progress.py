"""Progress lines: what they say and how often."""

from __future__ import annotations

import io
import json

import pytest

from mapper.cli._common import MissingExtra
from mapper.cli._progress import Reporter, choose_style, progress_line
from mapper.context import Event


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_line_has_the_documented_form():
    assert progress_line(12.4, 581, 560, 2486) == "12.4s  lost 581 (23.37%)  bound 560  gap 0.84 pp"


def test_line_says_only_what_is_known():
    assert progress_line(0.0, None, 3, 10) == "0.0s  bound 3"
    assert progress_line(1.0, 5, None, 10) == "1.0s  lost 5 (50.00%)"
    assert progress_line(1.0, 0, 0, 0) == "1.0s  lost 0 (0.00%)  bound 0  gap 0.00 pp"


def test_at_most_one_line_a_second_and_the_last_state_is_shown(capsys):
    clock = Clock()
    with Reporter("plain", 100, clock=clock) as reporter:
        reporter(Event("incumbent", 0.1, lost=50))
        clock.now += 0.2
        reporter(Event("incumbent", 0.2, lost=40))
        clock.now += 0.2
        reporter(Event("incumbent", 0.3, lost=30))
        assert capsys.readouterr().err == "0.1s  lost 50 (50.00%)\n"
        clock.now += 0.7
        reporter.tick()
        assert capsys.readouterr().err == "0.3s  lost 30 (30.00%)\n"
        clock.now += 5
        reporter.tick()
        assert capsys.readouterr().err == ""
        reporter(Event("bound", 6.0, bound=30))
        reporter(Event("incumbent", 6.1, lost=30, bound=30))
        reporter(Event("incumbent", 6.2, lost=29, bound=29))
    assert capsys.readouterr().err.splitlines() == [
        "6.0s  lost 30 (30.00%)  bound 30  gap 0.00 pp",
        "6.2s  lost 29 (29.00%)  bound 29  gap 0.00 pp",
    ]


def test_none_says_nothing_but_still_records(capsys):
    stream = io.StringIO()
    with Reporter("none", 100, stream) as reporter:
        reporter(Event("warning", 0.1, message="careful"))
        reporter(Event("incumbent", 0.2, lost=1))
    assert capsys.readouterr() == ("", "")
    assert [json.loads(line)["type"] for line in stream.getvalue().splitlines()] == ["warning", "incumbent"]


def test_warnings_are_shown(capsys):
    with Reporter("plain", 100) as reporter:
        reporter(Event("warning", 0.1, message="careful"))
    assert capsys.readouterr().err == "warning: careful\n"


def test_events_are_json_lines_with_times():
    stream = io.StringIO()
    with Reporter("none", 100, stream) as reporter:
        reporter(Event("stage", 0.12345, "routing", message="backbone"))
        reporter(Event("incumbent", 0.5, lost=0, bound=0))
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {"type": "stage", "t": 0.123, "det": None, "stage": "routing", "message": "backbone"},
        {"type": "incumbent", "t": 0.5, "det": None, "lost": 0, "bound": 0},
    ]


def test_live_line_needs_a_terminal(monkeypatch):
    assert choose_style("auto", quiet=False) == "plain"
    assert choose_style("rich", quiet=True) == "none"
    assert choose_style("none", quiet=False) == "none"
    monkeypatch.setattr("mapper.cli._progress.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'hicann-mapper\[report\]'"):
        choose_style("rich", quiet=False)


def test_rich_line_runs_and_stops(capsys):
    pytest.importorskip("rich")
    clock = Clock()
    with Reporter("rich", 100, clock=clock) as reporter:
        clock.now += 2
        reporter(Event("incumbent", 0.1, lost=5))
        reporter.tick()
    assert capsys.readouterr().out == ""


def test_what_is_worth_showing_is_shown_at_once(capsys):
    with Reporter("plain", 100) as reporter:
        reporter(Event("notice", 0.0, "first use", message="compiling"))
        reporter(Event("warning", 0.0, "routing", message="net 3"))
        reporter(Event("status", 0.0, "search", message="a draft"))
    assert capsys.readouterr().err == "note: compiling\nwarning: net 3\n"


def test_the_live_line_tells_the_phase_of_work(monkeypatch):
    rich_console = pytest.importorskip("rich.console")
    shown = []

    class Status:
        update = staticmethod(shown.append)

        def start(self):
            pass

        stop = start

    monkeypatch.setattr(rich_console.Console, "status", lambda *arguments, **options: Status())
    clock = Clock()
    with Reporter("rich", 100, clock=clock) as reporter:
        clock.now += 2
        reporter(Event("bound", 1.0, bound=3))
        reporter(Event("stage", 1.5, "routing", message="pathfinder"))
        clock.now += 2
        reporter(Event("incumbent", 3.0, lost=5))
        reporter(Event("stage", 3.5, "improvement", message="packing, sides"))
        clock.now += 2
        reporter.tick()
    assert shown == [
        "2.0s  bound 3",
        "4.0s  lost 5 (5.00%)  bound 3  gap 2.00 pp  routing pathfinder",
        "6.0s  lost 5 (5.00%)  bound 3  gap 2.00 pp  improvement packing, sides",
    ]


def test_a_warning_of_several_passes_is_shown_once(capsys):
    with Reporter("plain", 100) as reporter:
        for _ in range(3):
            reporter(Event("warning", 0.1, "inputs", message="stim has no targets"))
        reporter(Event("warning", 0.1, "inputs", message="noise has no targets"))
    assert capsys.readouterr().err == "warning: stim has no targets\nwarning: noise has no targets\n"
