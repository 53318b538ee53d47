"""What hypothesis picks from: places, bodies, conditions, changes, moves."""

from __future__ import annotations

from hypothesis import strategies as st

from . import model
from .model import Move
from .sayings import is_sayable

SMALL, WORDS, GROUPS = st.integers(-2, 3), st.sampled_from(["x", "y", "z"]), st.sampled_from(["g", "h"])
PLACES = st.tuples(st.sampled_from("ab"), st.integers(-3, 3))
PARTS = st.sampled_from("xy")
MAPS = st.dictionaries(PARTS, SMALL)
BESIDE_KEYS = st.one_of(
    st.builds(model.longer, st.integers(0, 2)),
    st.builds(model.having, WORDS),
    st.builds(model.listing, SMALL),
    st.builds(model.inside, PARTS, SMALL),
    st.builds(model.with_part, PARTS),
    st.just(model.is_map()),
)
BESIDE_N = st.one_of(st.builds(model.in_group, GROUPS), BESIDE_KEYS)
FILTERS = st.one_of(
    st.builds(model.at_least, SMALL),
    st.builds(model.not_below, SMALL),
    st.builds(model.between, SMALL, SMALL.map(lambda n: n + 2)).filter(
        lambda each: each.values[0][1] <= each.values[1][1]
    ),
    st.builds(model.other_than, SMALL),
    st.builds(model.either, SMALL, GROUPS),
    BESIDE_N,
)
CONDITIONS = st.one_of(st.none(), st.just(model.absent()), st.just(model.present()), FILTERS)
CHANGES = st.one_of(
    st.builds(model.add, SMALL),
    st.builds(model.subtract, SMALL),
    st.builds(model.move_to, GROUPS),
    st.just(model.leave()),
    st.just(model.shorten()),
    st.builds(model.append, SMALL),
    st.builds(model.join, WORDS),
    st.builds(model.part, WORDS),
    st.builds(model.place_at, st.integers(0, 3), SMALL),
    st.builds(model.new_map, MAPS),
    st.builds(model.put_in, PARTS, SMALL),
    st.builds(model.count_in, PARTS, SMALL),
    st.builds(model.take_out, PARTS),
    st.builds(model.swap, PARTS),
    st.builds(model.several, SMALL, GROUPS),
)
RETURNED = st.sampled_from(["ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])


def bodies(expiries: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "n": SMALL,
            "g": GROUPS,
            "l": st.lists(SMALL, max_size=2),
            "m": MAPS,
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


def statements(expiries: st.SearchStrategy[int]) -> st.SearchStrategy[list[Move]]:
    check = st.builds(Move, st.just("ConditionCheck"), PLACES, st.none(), st.none(), FILTERS)
    return _apart(st.one_of(singles(expiries), check).filter(is_sayable), 4)


def _apart(moves: st.SearchStrategy[Move], most: int) -> st.SearchStrategy[list[Move]]:
    """Moves of which no two concern the same item."""
    return st.lists(moves, min_size=1, max_size=most, unique_by=lambda move: move.place)
