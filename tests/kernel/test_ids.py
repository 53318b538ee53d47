"""Chance: shapes of ids, and that a seed replays them."""

from __future__ import annotations

import re
import uuid

from skyjar.kernel.ids import Chance


def drawn(chance: Chance) -> list[object]:
    return [chance.uuid(), chance.hex(17), chance.base32(16), chance.integer(1000), chance.bytes(8), chance.uuid()]


def test_a_seed_replays_exactly() -> None:
    assert drawn(Chance(7)) == drawn(Chance(7))
    assert drawn(Chance(7)) != drawn(Chance(8))
    assert drawn(Chance()) != drawn(Chance())


def test_uuids_are_random_ones_and_differ() -> None:
    chance = Chance(1)
    made = [chance.uuid() for _ in range(5_000)]
    assert len(set(made)) == len(made)
    for text in made[:500]:
        found = uuid.UUID(text)
        assert (found.version, found.variant, str(found)) == (4, uuid.RFC_4122, text)


def test_hexadecimal_digits_are_never_given_twice_across_refills() -> None:
    chance = Chance(1)
    made = [chance.hex(500) for _ in range(100)]
    assert all(re.fullmatch("[0-9a-f]{500}", text) for text in made)
    assert len({text[:32] for text in made}) == 100


def test_base32_and_integers_stay_in_range() -> None:
    chance = Chance(1)
    assert re.fullmatch("[A-Z2-7]{40}", chance.base32(40))
    assert {chance.integer(3) for _ in range(100)} == {0, 1, 2}
