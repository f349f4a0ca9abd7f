"""Connectors: what each rule promises, for any sizes; and pinned results for fixed seeds."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.network import (
    AllToAll,
    FixedNumberPost,
    FixedNumberPre,
    FixedProbability,
    FromArrays,
    FromList,
    OneToOne,
)

sizes = st.integers(1, 25)
seeds = st.integers(0, 2**40)


def pairs(edges):
    return list(zip(edges.pre.tolist(), edges.post.tolist(), strict=True))


def short_hash(edges):
    data = edges.pre.astype("<i4").tobytes() + edges.post.astype("<i4").tobytes()
    return hashlib.sha256(data).hexdigest()[:16]


@pytest.mark.parametrize(
    ("connector", "same", "count", "digest"),
    [
        (FixedProbability(0.3, 1), False, 351, "7ee44b906ab8a9e5"),
        (FixedNumberPre(7, 1), False, 210, "f77f199fb5b16236"),
        (FixedNumberPost(7, 1), False, 280, "d7b1a31899315ea4"),
        (AllToAll(), False, 1200, "52b15c57043f89fc"),
        (FixedProbability(0.3, 1, False), True, 247, "3bf650207b83d8ce"),
        (FixedNumberPre(7, 1, False), True, 210, "064fbfb0c6d2fc81"),
        (FixedNumberPost(7, 1, False), True, 210, "88a51faac45d59ca"),
    ],
)
def test_pinned(connector, same, count, digest):
    edges = connector.connect(30 if same else 40, 30, "p", same)
    assert (len(edges), short_hash(edges)) == (count, digest)


@given(sizes, sizes, seeds, st.floats(0, 1), st.data())
def test_all_rules_give_sorted_local_indices(n_pre, n_post, seed, p, data):
    rules = (
        AllToAll(),
        FixedProbability(p, seed),
        FixedNumberPre(data.draw(st.integers(0, n_pre)), seed),
        FixedNumberPost(data.draw(st.integers(0, n_post)), seed),
    )
    for rule in rules:
        edges = rule.connect(n_pre, n_post, "p")
        found = pairs(edges)
        assert edges.pre.dtype == edges.post.dtype == np.uint32
        assert found == sorted(set(found))
        assert all(pre < n_pre and post < n_post for pre, post in found)


@given(sizes, seeds)
def test_no_self_connections_when_forbidden(n, seed):
    rules = (
        AllToAll(False),
        FixedProbability(0.8, seed, False),
        FixedNumberPre(n // 2, seed, False),
        FixedNumberPost(n // 2, seed, False),
    )
    for rule in rules:
        assert all(pre != post for pre, post in pairs(rule.connect(n, n, "p", True)))


@given(sizes, sizes, seeds)
def test_fixed_numbers(n_pre, n_post, seed):
    k = n_pre // 2
    incoming = Counter(FixedNumberPre(k, seed).connect(n_pre, n_post, "p").post.tolist())
    assert [incoming[j] for j in range(n_post)] == [k] * n_post
    k = n_post // 2
    outgoing = Counter(FixedNumberPost(k, seed).connect(n_pre, n_post, "p").pre.tolist())
    assert [outgoing[i] for i in range(n_pre)] == [k] * n_pre


@given(sizes, seeds, st.floats(0, 1))
def test_forbidding_self_connections_changes_nothing_else(n, seed, p):
    with_self = pairs(FixedProbability(p, seed).connect(n, n, "p", True))
    without = pairs(FixedProbability(p, seed, False).connect(n, n, "p", True))
    assert without == [(pre, post) for pre, post in with_self if pre != post]


def test_self_connections_between_parts_of_a_population():
    own = np.array([-1, 0, 1])  # post cells are the cells 9, 5, 6; pre cells are 5, 6
    assert pairs(AllToAll(False).connect(2, 3, "p", own)) == [(0, 0), (0, 2), (1, 0), (1, 1)]
    assert pairs(FixedNumberPost(2, 0, False).connect(2, 3, "p", own)) == [(0, 0), (0, 2), (1, 0), (1, 1)]
    forced = pairs(FixedNumberPre(1, 0, False).connect(2, 3, "p", own))
    assert {(1, 1), (0, 2)} <= set(forced)


def test_fixed_probability_crosses_its_chunks():
    edges = FixedProbability(0.001, 3).connect(2100, 1000, "p")
    assert len(edges) == pytest.approx(2100, abs=250)
    assert edges.pre.max() > 2090
    key = edges.pre.astype(np.int64) * 1000 + edges.post
    assert (np.diff(key) > 0).all()


def test_one_to_one():
    assert pairs(OneToOne().connect(3, 3, "p")) == [(0, 0), (1, 1), (2, 2)]
    with pytest.raises(ValueError, match=r"as many pre as post cells \(got 3 and 4\)"):
        OneToOne().connect(3, 4, "p")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40))
def test_lists_are_sorted_and_keep_multiple_synapses(wanted):
    assert pairs(FromList(wanted).connect(10, 10, "p")) == sorted(wanted)


def test_weights_move_with_their_pairs():
    edges = FromArrays(np.array([2, 0, 1]), np.array([0, 1, 1]), np.array([0.2, 0.0, 0.1])).connect(3, 2, "p")
    assert edges.weight.tolist() == pytest.approx([0.0, 0.1, 0.2])


@pytest.mark.parametrize(
    ("connector", "message"),
    [
        (FromList([(0, 3)]), r"post index must be 0\.\.2 \(got 3 at entry 0\)"),
        (FromList([(1, 0), (-1, 0)]), r"pre index must be 0\.\.1 \(got -1 at entry 1\)"),
        (FromArrays(np.array([0.5]), np.array([0])), "must be integers"),
        (FromArrays(np.array([0]), np.array([0, 1])), "equally long"),
        (FromArrays(np.array([0]), np.array([0]), np.array([1.0, 2.0])), "as long as pre"),
        (FromList([[1, 2, 3]]), "must be pairs"),
        (FixedNumberPre(3, 0), "cannot choose 3 distinct pre cells out of 2"),
        (FixedNumberPost(4, 0), "cannot choose 4 distinct post cells out of 3"),
        (FixedProbability(1.5, 0), r"must be 0\.\.1 \(got 1\.5\)"),
    ],
)
def test_impossible_requests_say_why(connector, message):
    with pytest.raises(ValueError, match=message):
        connector.connect(2, 3, "p")
