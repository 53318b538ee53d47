"""What may happen so often within a second."""

from __future__ import annotations

from skyjar.kernel.rates import Rates


def test_so_often_in_a_second_and_again_in_the_next() -> None:
    now = [10.2]
    rates = Rates(lambda: now[0])
    assert [rates.admits("a", 2) for _ in range(3)] == [True, True, False]
    assert rates.admits("b", 1)
    now[0] = 10.9
    assert not rates.admits("a", 2)
    now[0] = 11.0
    assert rates.admits("a", 2)
