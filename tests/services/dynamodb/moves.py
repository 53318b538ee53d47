"""What hypothesis picks from: places, bodies, conditions, changes, moves."""

from __future__ import annotations

from hypothesis import strategies as st

from .model import (
    Move,
    absent,
    add,
    append,
    at_least,
    having,
    in_group,
    join,
    leave,
    longer,
    move_to,
    not_below,
    part,
    present,
    shorten,
    subtract,
)

SMALL, WORDS, GROUPS = st.integers(-2, 3), st.sampled_from(["x", "y", "z"]), st.sampled_from(["g", "h"])
PLACES = st.tuples(st.sampled_from("ab"), st.integers(-3, 3))
BESIDE_KEYS = st.one_of(st.builds(longer, st.integers(0, 2)), st.builds(having, WORDS))
BESIDE_N = st.one_of(st.builds(in_group, GROUPS), BESIDE_KEYS)
FILTERS = st.one_of(st.builds(at_least, SMALL), st.builds(not_below, SMALL), BESIDE_N)
CONDITIONS = st.one_of(st.none(), st.just(absent()), st.just(present()), FILTERS)
CHANGES = st.one_of(
    st.builds(add, SMALL),
    st.builds(subtract, SMALL),
    st.builds(move_to, GROUPS),
    st.just(leave()),
    st.just(shorten()),
    st.builds(append, SMALL),
    st.builds(join, WORDS),
    st.builds(part, WORDS),
)


def bodies(expiries: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "n": SMALL,
            "g": GROUPS,
            "l": st.lists(SMALL, max_size=2),
            "s": st.sets(WORDS, min_size=1),
            "t": expiries,
        },
    )


def singles(expiries: st.SearchStrategy[int]) -> st.SearchStrategy[Move]:
    put = st.builds(Move, st.just("Put"), PLACES, bodies(expiries), st.none(), CONDITIONS)
    update = st.builds(Move, st.just("Update"), PLACES, st.none(), CHANGES, CONDITIONS)
    delete = st.builds(Move, st.just("Delete"), PLACES, st.none(), st.none(), CONDITIONS)
    return st.one_of(put, update, delete)


def batches(expiries: st.SearchStrategy[int]) -> st.SearchStrategy[list[Move]]:
    put = st.builds(Move, st.just("Put"), PLACES, bodies(expiries))
    return _apart(st.one_of(put, st.builds(Move, st.just("Delete"), PLACES)), 8)


def transactions(expiries: st.SearchStrategy[int]) -> st.SearchStrategy[list[Move]]:
    check = st.builds(Move, st.just("ConditionCheck"), PLACES, st.none(), st.none(), FILTERS)
    return _apart(st.one_of(singles(expiries), check), 4)


def _apart(moves: st.SearchStrategy[Move], most: int) -> st.SearchStrategy[list[Move]]:
    """Moves of which no two concern the same item."""
    return st.lists(moves, min_size=1, max_size=most, unique_by=lambda move: move.place)
