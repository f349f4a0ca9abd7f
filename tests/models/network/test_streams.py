"""Reproducible streams: pinned bits, exact rules, and distributions that have the right shape."""

from __future__ import annotations

import hashlib
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.network.streams import Normal, Uniform, bernoulli, choose, normal_quantile, raw, smallest, stream


def short_hash(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def test_raw_words_are_pinned():
    assert [hex(word) for word in raw(stream(7, "rec"), 3).tolist()] == [
        "0x77a0ba793bba83cc",
        "0x385683fbf307a9cc",
        "0xd5e918ed0942e931",
    ]


def test_draws_are_pinned():
    assert short_hash(bernoulli(stream(7, "rec"), 10_000, 0.3)) == "115e4ebb1b79daa1"
    assert short_hash(choose(stream(7, "rec"), 100, 17, rows=20)) == "82acb70a35500337"
    assert short_hash(Uniform(-1, 1, 5).draw(1000, "w").astype("<f8")) == "0df0dd622aa0d10b"
    assert short_hash(Normal(-65, 1, 7).draw(1000, "exc/v_rest").astype("<f8")) == "cb2b9362c5dc8f2d"


def test_seed_and_name_both_choose_the_stream():
    words = {int(raw(stream(seed, name), 1)[0]) for seed in (0, 1) for name in ("a", "b")}
    assert len(words) == 4


def test_bernoulli_is_the_documented_integer_rule():
    words = raw(stream(3, "x"), 500)
    expected = [(word >> 11) < int(0.37 * 2**53) for word in words.tolist()]
    assert bernoulli(stream(3, "x"), 500, 0.37).tolist() == expected


@pytest.mark.parametrize(("p", "count"), [(0.0, 0), (1.0, 1000)])
def test_bernoulli_at_the_ends(p, count):
    assert bernoulli(stream(0, "x"), 1000, p).sum() == count


def test_bernoulli_does_not_depend_on_the_chunks():
    whole, bits = bernoulli(stream(5, "x"), 1000, 0.5), stream(5, "x")
    parts = [bernoulli(bits, n, 0.5) for n in (1, 333, 666)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.data())
def test_smallest_takes_the_lower_index_of_equal_words(words, data):
    k = data.draw(st.integers(0, len(words)))
    chosen = np.flatnonzero(smallest(np.array([words], dtype=np.uint64), k)[0])
    assert chosen.tolist() == sorted(sorted(range(len(words)), key=lambda i: (words[i], i))[:k])


def test_choose_is_fair():
    counts = choose(stream(1, "x"), 10, 3, rows=20_000).sum(axis=0)
    assert np.abs(counts - 6000).max() < 5 * np.sqrt(20_000 * 0.3 * 0.7)


def test_normal_quantile_agrees_with_the_standard_library():
    p = np.concatenate([np.linspace(0.001, 0.999, 997), 10.0 ** -np.arange(1.0, 300.0, 7.0)])
    expected = np.array([NormalDist().inv_cdf(x) for x in p])
    np.testing.assert_allclose(normal_quantile(p), expected, rtol=1e-14, atol=1e-15)


def test_distributions_have_their_moments():
    normal = Normal(-65.0, 2.0, 1).draw(100_000, "v")
    uniform = Uniform(2.0, 4.0, 1).draw(100_000, "v")
    assert normal.mean() == pytest.approx(-65, abs=0.03)
    assert normal.std() == pytest.approx(2, abs=0.03)
    assert uniform.min() >= 2
    assert uniform.max() < 4
    assert uniform.mean() == pytest.approx(3, abs=0.01)
