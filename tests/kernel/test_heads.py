"""The heads of queues against a sorted list."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from skyjar.kernel.heads import MOST, READ, VALUE_BYTES, Head, Heads, serves

KEYS = st.binary(min_size=1, max_size=2).map(lambda rest: b"q" + rest)
CHANGES = st.lists(st.tuples(KEYS, st.one_of(st.none(), st.just(b"v"), st.just(b"x" * 3000))), max_size=60)


@settings(max_examples=100, deadline=None)
@given(stored=st.sets(KEYS, max_size=40), read=st.integers(0, 40), changes=CHANGES, end=KEYS, limit=st.integers(1, 8))
def test_what_a_head_says_is_what_is_stored(
    stored: set[bytes], read: int, changes: list[tuple[bytes, bytes | None]], end: bytes, limit: int
) -> None:
    model = dict.fromkeys(stored, b"v")
    pairs = sorted(model.items())[:read]
    head = Head(b"q")
    if read >= len(model):
        head.extend(pairs, b"r")
    elif pairs:
        head.extend(pairs, pairs[-1][0] + b"\0")
    for key, value in changes:
        head.change(key, value)
        if value is None:
            model.pop(key, None)
        else:
            model[key] = value
    first = head.first(end, limit)
    if first is None:
        assert head.upto < end
        return
    expected = sorted((key, value) for key, value in model.items() if key < end)[:limit]
    assert [key for key, _ in first] == [key for key, _ in expected]
    assert all(value in (model[key], None) for key, value in first)


def test_a_head_that_grows_gives_up_its_tail() -> None:
    head = Head(b"q")
    head.extend([], b"r")
    keys = [b"q%04d" % n for n in range(MOST + 1)]
    for key in keys:
        head.change(key, b"v")
    assert head.keys == keys[:READ]
    assert head.upto == keys[READ]
    assert head.first(b"r", READ) == [(key, b"v") for key in keys[:READ]]
    assert head.first(b"r", READ + 1) is None


def test_a_long_value_is_left_where_it_is() -> None:
    head = Head(b"q")
    head.extend([(b"qa", b"x" * (VALUE_BYTES + 1))], b"r")
    assert head.first(b"r", 1) == [(b"qa", None)]


def test_a_change_reaches_every_head_that_covers_its_key() -> None:
    heads = Heads()
    assert not heads
    heads.of(b"q").extend([], b"r")
    heads.of(b"q1").extend([], b"q2")
    heads.change(b"q1x", b"v")
    heads.change(b"p", b"v")
    assert heads.of(b"q").keys == heads.of(b"q1").keys == [b"q1x"]


def test_only_small_scans_whose_keys_share_their_beginning_are_served() -> None:
    assert serves(b"q", b"qz", READ)
    assert serves(b"q", b"r", 1)
    assert not serves(b"q", b"s", 1)
    assert not serves(b"q", b"r", READ + 1)
    assert not serves(b"q", b"r", None)
