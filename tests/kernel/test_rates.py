"""How often something happened within a second."""

from __future__ import annotations

from skyjar.kernel.rates import Rates


def test_counted_in_a_second_and_anew_in_the_next() -> None:
    now = [10.2]
    rates = Rates(lambda: now[0])
    for what in ("a", "a", "b"):
        rates.add(what)
    assert [rates.of(what) for what in ("a", "b", "c")] == [2, 1, 0]
    now[0] = 10.9
    assert rates.of("a") == 2
    now[0] = 11.0
    assert rates.of("a") == 0
    rates.add("b")
    assert [rates.of(what) for what in ("a", "b")] == [0, 1]
