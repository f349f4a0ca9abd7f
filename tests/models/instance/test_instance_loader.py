"""The strict YAML loader: the core schema of YAML 1.2, places, and files that must be refused."""

from __future__ import annotations

import math

import pytest

from models.errors import InstanceError
from models.instance.loader import MAX_BYTES, MAX_VALUES, core_scalar, dotted, load_yaml, parse_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("4.25e-3", 0.00425),
        (".5", 0.5),
        ("1.", 1.0),
        ("010", 10),
        ("-3", -3),
        ("0x1F", 31),
        ("0o17", 15),
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("2025-11-22", "2025-11-22"),
        ("1_000", "1_000"),
        ("1234e56x", "1234e56x"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("-.inf", -math.inf),
    ],
)
def test_plain_scalars(text, value):
    found = core_scalar(text)
    assert found == value
    assert type(found) is type(value)


def test_quotes_make_text_and_nan_is_a_number():
    document = parse_yaml('a: "1"\nb: \'2\'\nc: !!str 3\nd: .nan\ne: !!int "7"', "x").data
    assert (document["a"], document["b"], document["c"], document["e"]) == ("1", "2", "3", 7)
    assert math.isnan(document["d"])


def test_every_value_has_its_place():
    document = parse_yaml("a: 1\nb:\n  - {x: 2}\n  - &anchor {y: 3}\n  - *anchor\n", "f.yaml")
    assert document.data == {"a": 1, "b": [{"x": 2}, {"y": 3}, {"y": 3}]}
    assert document.where(("a",)) == "f.yaml:1:4"
    assert document.where(("a",), key=True) == "f.yaml:1:1"
    assert document.where(("b", 0, "x")) == "f.yaml:3:9"
    assert document.where(("b", 2, "y")) == "f.yaml:5:5"
    assert document.where(("nowhere",)) == "f.yaml:1:1"
    assert dotted(("b", 0, "x")) == "b[0].x"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [1\nb: 2", "f.yaml:2:2: did not find expected ',' or ']'"),
        ("a: 1\na: 2", "f.yaml:2:1: key 'a' stands twice (first on line 1)"),
        ("p:\n  x: 1\n  x: 2", "f.yaml:3:3: p: key 'x' stands twice (first on line 2)"),
        ("a: 'x", "f.yaml:1:6: found unexpected end of stream"),
        ("a: b: c", "f.yaml:1:5: mapping values are not allowed in this context"),
        ("a:\n\t- b", "f.yaml:2:1: found character that cannot start any token"),
        ("a: 1\n---\nb: 2", "f.yaml:2:1: a second document starts here - one document per file"),
        ("? [a]\n: 1", "f.yaml:1:3: a key must be text"),
        ("a: *b", "f.yaml:1:4: alias *b has no anchor &b before it"),
        ("a: &a [*a]", "f.yaml:1:8: alias *a has no anchor &a before it"),
        ("[" * 500, "f.yaml:1:33: nested deeper than 32 levels"),
        ("x: !!python/object/apply:os.getcwd []", "f.yaml:1:4: tag "),
        ("x: !!int abc", "f.yaml:1:4: 'abc' is no int"),
        ("x: " + "9" * 5000, "f.yaml:1:4: x: number too long (5000 characters)"),
        ("ok: 1\nx: \x01", "f.yaml:2:4: not YAML: "),
    ],
)
def test_faulty_yaml_is_refused_with_its_place(text, line):
    with pytest.raises(InstanceError) as error:
        parse_yaml(text, "f.yaml")
    assert str(error.value).startswith(line)
    assert len(str(error.value).splitlines()) == 1


def test_bottomless_nesting_is_refused():
    """By the loader or, from some version of libyaml on, by the library that it reads with."""
    with pytest.raises(InstanceError, match=r"^f\.yaml:1:\d+: .*nest"):
        parse_yaml("[" * 500_000, "f.yaml")


def test_all_duplicate_keys_are_shown_at_once():
    with pytest.raises(InstanceError) as error:
        parse_yaml("a: 1\na: 2\nb: {c: 1, c: 2}\n", "f.yaml")
    assert [problem.where for problem in error.value.problems] == ["f.yaml:2:1", "f.yaml:3:11"]


def test_an_alias_bomb_is_refused():
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "\n".join(levels)
    with pytest.raises(InstanceError, match=f"more than {MAX_VALUES} values"):
        parse_yaml(text, "f.yaml")


def test_too_large_a_file(tmp_path):
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(InstanceError, match="put connectivity into an npz file"):
        load_yaml(path)


def test_unreadable_files(tmp_path):
    with pytest.raises(InstanceError, match=r"missing\.yaml: No such file"):
        load_yaml(tmp_path / "missing.yaml")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"a: \xe9")
    with pytest.raises(InstanceError, match=r"latin\.yaml: not UTF-8 text"):
        load_yaml(latin)
