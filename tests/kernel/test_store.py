"""Transactions: what they read back, when they conflict, what a commit wakes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from skyjar.kernel.memory import MemoryDriver
from skyjar.kernel.store import RERUNS, Conflict, Store, Transaction


@pytest.fixture
def store() -> Store:
    return Store(MemoryDriver())


def put(store: Store, **pairs: str) -> None:
    store.transact(lambda tx: [tx.put(key.encode(), value.encode()) for key, value in pairs.items()])


def get(store: Store, key: str) -> bytes | None:
    return store.transact(lambda tx: tx.get(key.encode()))


def test_a_transaction_sees_its_own_writes(store: Store) -> None:
    put(store, a="1", b="2", c="3")
    tx = store.begin()
    tx.put(b"b", b"new")
    tx.delete(b"c")
    tx.put(b"d", b"4")
    assert tx.get(b"b") == b"new"
    assert tx.get(b"c") is None
    assert tx.get_many([b"a", b"c", b"d"]) == [b"1", None, b"4"]
    assert tx.scan(b"a", b"z") == [(b"a", b"1"), (b"b", b"new"), (b"d", b"4")]
    assert tx.scan(b"a", b"z", 2, reverse=True) == [(b"d", b"4"), (b"b", b"new")]
    assert tx.scan(b"a", b"z", 2) == [(b"a", b"1"), (b"b", b"new")]
    tx.abort()
    assert get(store, "b") == b"2"


def test_a_scan_with_a_limit_looks_behind_its_own_deletions(store: Store) -> None:
    put(store, **{f"k{n}": str(n) for n in range(9)})
    tx = store.begin()
    for n in range(4):
        tx.delete(f"k{n}".encode())
    assert tx.scan(b"k", b"l", 2) == [(b"k4", b"4"), (b"k5", b"5")]
    tx.abort()


@pytest.mark.parametrize("reverse", [False, True])
def test_iterating_turns_the_pages(store: Store, reverse: bool) -> None:
    keys = [f"{n:04}".encode() for n in range(600)]
    store.transact(lambda tx: [tx.put(key, b"") for key in keys])
    tx = store.begin()
    assert [key for key, _ in tx.iterate(b"0", b"1", reverse)] == sorted(keys, reverse=reverse)
    tx.abort()


def test_changing_what_another_read_is_a_conflict(store: Store) -> None:
    put(store, a="1")
    tx = store.begin()
    tx.get(b"a")
    tx.put(b"b", b"from a")
    put(store, a="2")
    with pytest.raises(Conflict):
        tx.commit()
    tx.abort()
    assert get(store, "b") is None


def test_adding_to_a_range_that_another_read_is_a_conflict(store: Store) -> None:
    tx = store.begin()
    assert tx.scan(b"a", b"c") == []
    tx.put(b"z", b"")
    put(store, b="1")
    with pytest.raises(Conflict):
        tx.commit()
    tx.abort()


def test_what_lies_beside_the_range_is_no_conflict(store: Store) -> None:
    tx = store.begin()
    tx.scan(b"a", b"c")
    tx.put(b"z", b"mine")
    put(store, c="1", A="1")
    tx.commit()
    assert get(store, "z") == b"mine"


def test_two_that_only_write_do_not_conflict(store: Store) -> None:
    tx = store.begin()
    tx.put(b"a", b"late")
    put(store, a="early")
    tx.commit()
    assert get(store, "a") == b"late"


def test_one_that_is_older_than_what_is_remembered_conflicts(store: Store) -> None:
    tx = store.begin()
    tx.put(b"a", b"")
    for n in range(1100):
        put(store, **{f"k{n}": ""})
    with pytest.raises(Conflict):
        tx.commit()
    tx.abort()
    assert store.open == 0


def test_transact_runs_again_after_a_conflict(store: Store) -> None:
    put(store, count="0")
    runs = 0

    def body(tx: Transaction) -> int:
        nonlocal runs
        runs += 1
        count = int(tx.get(b"count") or b"0")
        if runs == 1:
            put(store, count="10")
        tx.put(b"count", str(count + 1).encode())
        return count

    assert store.transact(body) == 10
    assert get(store, "count") == b"11"
    assert runs == 2
    assert store.open == 0


def test_transact_gives_up_when_it_always_conflicts(store: Store) -> None:
    runs = 0

    def body(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        tx.get(b"a")
        tx.put(b"b", b"")
        put(store, a=str(runs))

    with pytest.raises(Conflict):
        store.transact(body)
    assert runs == RERUNS
    assert store.open == 0


def test_an_exception_aborts_and_passes_on(store: Store) -> None:
    effects: list[str] = []

    def body(tx: Transaction) -> None:
        tx.put(b"a", b"1")
        tx.after_commit.append(lambda: effects.append("done"))
        raise KeyError("why")

    with pytest.raises(KeyError):
        store.transact(body)
    assert get(store, "a") is None
    assert effects == []
    assert store.open == 0


def test_effects_follow_the_commit_in_order_and_see_it(store: Store) -> None:
    effects: list[object] = []

    def body(tx: Transaction) -> None:
        tx.put(b"a", b"1")
        tx.after_commit.append(lambda: effects.append(get(store, "a")))
        tx.after_commit.append(lambda: effects.append("second"))

    store.transact(body)
    assert effects == [b"1", "second"]


def test_a_watch_calls_once_for_a_key_below_its_prefix(store: Store) -> None:
    called: list[str] = []
    store.watch(b"ab", lambda: called.append("ab"))
    store.watch(b"a", lambda: called.append("a"))
    store.watch(b"b", lambda: called.append("b"))
    put(store, abc="1")
    assert sorted(called) == ["a", "ab"]
    put(store, abc="2")
    assert sorted(called) == ["a", "ab"]


def test_a_deletion_wakes_too_and_an_abort_does_not(store: Store) -> None:
    called: list[str] = []
    store.watch(b"a", lambda: called.append("a"))
    tx = store.begin()
    tx.put(b"a", b"")
    tx.abort()
    assert called == []
    store.transact(lambda tx: tx.delete(b"a"))
    assert called == ["a"]


def test_a_cancelled_watch_is_silent_and_leaves_nothing(store: Store) -> None:
    called: list[str] = []
    watch = store.watch(b"a", lambda: called.append("a"))
    other = store.watch(b"a", lambda: called.append("other"))
    watch.cancel()
    watch.cancel()
    put(store, a="1")
    assert called == ["other"]
    other.cancel()
    assert not store._watches
    assert not store._watch_lengths


def test_a_watch_may_be_set_again_by_its_own_call(store: Store) -> None:
    called: list[int] = []

    def again() -> None:
        called.append(len(called))
        store.watch(b"a", again)

    store.watch(b"a", again)
    for n in range(3):
        put(store, a=str(n))
    assert called == [0, 1, 2]


def test_a_commit_from_a_watch_is_seen_by_the_others(store: Store) -> None:
    seen: list[bytes | None] = []
    store.watch(b"a", lambda: put(store, b="from the watch"))
    store.watch(b"b", lambda: seen.append(get(store, "b")))
    put(store, a="1")
    assert seen == [b"from the watch"]


def test_swapping_the_state_wakes_all_and_conflicts_with_what_is_open(store: Store) -> None:
    called: list[str] = []
    store.watch(b"a", lambda: called.append("a"))
    tx = store.begin()
    tx.put(b"a", b"lost")
    store.swap(MemoryDriver())
    assert called == ["a"]
    for _ in range(3):
        put(store, b="1")
    with pytest.raises(Conflict):
        tx.commit()
    tx.abort()
    assert get(store, "a") is None


def test_a_conflict_does_not_leave_the_transaction_open(store: Store) -> None:
    stale: list[Callable[[], None]] = []
    for _ in range(3):
        tx = store.begin()
        tx.get(b"a")
        stale.append(tx.abort)
        put(store, a="x")
        with pytest.raises(Conflict):
            tx.commit()
        tx.abort()
        tx.abort()
    assert store.open == 0


def test_what_was_written_is_not_held_by_what_follows_it() -> None:
    """An effect usually leads back to its transaction; together they would wait for Python's collector, with all the writes."""
    store, seen = Store(MemoryDriver()), []
    for end in (Transaction.commit, Transaction.abort):
        tx = store.begin()
        tx.put(b"k", b"v")
        tx.after_commit.append(lambda: seen.append(tx.writes))  # noqa: B023
        end(tx)
        assert tx.after_commit == []
    assert seen == [{b"k": b"v"}]


def test_what_waits_to_be_written_is_known() -> None:
    store = Store(MemoryDriver())
    first, second = store.begin(), store.begin()
    first.put(b"a", b"1")
    batch = first.batch
    first.commit_gathered()
    assert (first.is_gathered, second.waits(b"a"), second.waits(b"b"), second.batch) == (True, True, False, batch)
    second.have_written()
    assert (first.is_gathered, second.waits(b"a"), second.batch) == (False, False, batch + 1)
    third = store.begin()
    third.put(b"b", b"1")
    third.commit()
    assert (third.is_gathered, third.waits(b"b"), third.batch) == (False, False, batch + 2)
