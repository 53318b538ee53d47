"""Keys sort as the tuples they are made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyjar.kernel import keys
from skyjar.kernel.keys import Part

TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from("\0\x01ab"), max_size=6)
BYTES = st.binary(max_size=6) | st.lists(st.sampled_from([0, 1, 255]), max_size=5).map(bytes)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
REALS = st.floats(allow_nan=False)
SHAPES = st.lists(st.sampled_from([TEXTS, BYTES, INTEGERS, REALS, st.booleans()]), min_size=1, max_size=4)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Two tuples of the same types, often with a common beginning."""
    shape = draw(SHAPES)
    first = tuple(draw(kind) for kind in shape)
    second = tuple(draw(st.just(part) | kind) for part, kind in zip(first, shape, strict=True))
    return first, second


@given(pairs())
def test_order_is_kept(pair: tuple[tuple[Part, ...], tuple[Part, ...]]) -> None:
    one, other = pair
    assert (keys.encode(one) < keys.encode(other)) == (one < other)
    assert (keys.encode(one) == keys.encode(other)) == (one == other)


@given(st.tuples(TEXTS, TEXTS), st.tuples(TEXTS, TEXTS))
def test_a_shorter_tuple_is_the_prefix_of_its_own_extensions_only(one: tuple[str, str], other: tuple[str, str]) -> None:
    prefix = keys.encode(one[:1])
    assert keys.encode(one).startswith(prefix)
    assert keys.encode(other).startswith(prefix) == (one[0] == other[0])


@given(BYTES.filter(bool), BYTES)
def test_after_is_the_end_of_a_prefix(prefix: bytes, rest: bytes) -> None:
    end = keys.after(prefix)
    assert prefix + rest < end
    if prefix.strip(b"\xff"):
        assert not end.startswith(prefix)
        assert end[:-1] <= prefix  # nothing fits between the prefix's last key and the end


def test_what_fits_no_key_is_refused() -> None:
    with pytest.raises(Exception, match=r"range|format|large"):
        keys.integer(2**63)
    with pytest.raises(KeyError):
        keys.encode((None,))  # type: ignore[arg-type]


def test_lone_surrogates_are_kept_apart() -> None:
    assert keys.text("\ud800") != keys.text("\ud801")
