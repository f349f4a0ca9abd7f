"""Solvers with settings of their own."""

from __future__ import annotations

import re

import pytest

from mapper.runs.run import Effort
from mapper.runs.variants import Variant, parse_variant, parse_variants, variant_name
from mapper.solvers import SolverError
from models.errors import OptionError
from models.instance import Instance
from models.network import Network


def instance() -> Instance:
    return Instance("a network", Network((), ()))


def test_names_are_the_same_whatever_the_order():
    first, second = (
        parse_variant("cpsat@rows.ilp=yes@improve=off"),
        parse_variant(" cpsat @ improve = off@rows.ilp=yes"),
    )
    assert first == second == Variant("cpsat", {"improve": "off", "rows.ilp": "yes"})
    assert first.name == "cpsat@improve=off@rows.ilp=yes" == variant_name(*first)


def test_a_list_names_each_once():
    names = [variant.name for variant in parse_variants("marocco,,cpsat@spread=off,my.module:search@a=b=c,marocco")]
    assert names == ["marocco", "cpsat@spread=off", "my.module:search@a=b=c"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cpsat@improve", "must read SOLVER@PATH=VALUE"),
        ("cpsat@=off", "must read SOLVER@PATH=VALUE"),
        ("@improve=off", "must read SOLVER@PATH=VALUE"),
        ("cpsat@", "must read SOLVER@PATH=VALUE"),
        ("cpsat@a=1@a=2", "sets 'a' twice"),
    ],
)
def test_what_is_refused(text, words):
    with pytest.raises(OptionError, match=re.escape(words)):
        parse_variants(text)


def test_its_own_settings_have_the_last_word_and_come_last():
    variant = parse_variant("marocco@routing=dijkstra")
    merged = variant.merged({"routing": "backbone", "rows": "exact"})
    assert list(merged.items()) == [("rows", "exact"), ("routing", "dijkstra")]
    with pytest.raises(SolverError, match="no algorithm 'nearest'"):
        parse_variant("marocco@routing=nearest").check({})


def test_runs_have_file_names_of_their_own():
    effort = Effort(time_limit=1.0, settings={"rows": "exact"})
    plain = Variant("cpsat", {}).run(instance(), 0, effort)
    own = parse_variant("cpsat@improve=off").run(instance(), 0, effort)
    assert (plain.stem, own.stem) == ("a_network.cpsat.s0", "a_network.cpsat@improve=off.s0")
    assert own.effort.settings == {"rows": "exact", "improve": "off"}
    strange = parse_variant("my.module:search@path=../a b").run(instance(), 3, effort)
    assert strange.stem == "a_network.my.module_search@path=.._a_b.s3"
    long = [parse_variant(f"s@x={'y' * 300}{end}").run(instance(), 0, effort).stem for end in "ab"]
    assert len(set(long)) == 2
    assert max(map(len, long)) < 160


def test_runs_by_set_and_by_variant_have_the_same_key_and_keys_depend_on_settings():
    effort = Effort(time_limit=1.0)
    by_set = Variant("cpsat", {}).run(instance(), 0, Effort(time_limit=1.0, settings={"improve": "off"}))
    by_variant = parse_variant("cpsat@improve=off").run(instance(), 0, effort)
    assert by_set.key == by_variant.key != Variant("cpsat", {}).run(instance(), 0, effort).key
