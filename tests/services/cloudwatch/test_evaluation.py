"""The state of an alarm from its points: the tables of the User Guide, "Configuring how alarms treat missing data"."""

from __future__ import annotations

import pytest

from skyjar.services.cloudwatch.evaluation import judge

KNOWN = {"-": None, "0": False, "X": True}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
OK, ALARM, NONE, KEPT = "OK", "ALARM", "INSUFFICIENT_DATA", None


@pytest.mark.parametrize(
    ("points", "to_alarm", "states"),
    [
        ("0 - X - X", 3, (OK, OK, OK, OK)),
        ("- - - - 0", 3, (OK, OK, OK, OK)),
        ("- - - - -", 3, (NONE, KEPT, ALARM, OK)),
        ("0 X X - X", 3, (ALARM, ALARM, ALARM, ALARM)),
        ("- - X - -", 3, (ALARM, KEPT, ALARM, OK)),
        ("0 - X - X", 2, (ALARM, ALARM, ALARM, ALARM)),
        ("0 0 X 0 X", 2, (ALARM, ALARM, ALARM, ALARM)),
        ("0 - X - -", 2, (OK, OK, ALARM, OK)),
        ("- - - - 0", 2, (OK, OK, ALARM, OK)),
    ],
)
def test_missing_points_are_treated_as_documented(points: str, to_alarm: int, states: tuple[str | None, ...]) -> None:
    breaching = [KNOWN[each] for each in points.split()]
    assert tuple(judge(breaching, 3, to_alarm, each).state for each in TREATMENTS) == states


def test_one_fresh_breaching_point_is_not_enough_for_three(  # the same page, on premature transitions
) -> None:
    assert judge([None, None, None, None, True], 3, 3, "missing").state is None
