"""What contributors gave to rules of contributor insights, minute by minute.

Source: CloudWatch User Guide, "Using Contributor Insights to analyze high-cardinality data".
"""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Contributions
from skyjar.kernel.tables import At

from . import limits
from .insight_state import Minute, minutes, rules


def store(call: Call, told: list[tuple[float, str, Contributions]]) -> None:
    """Add to what is known of that minute. Of a rule that is gone nothing is kept."""
    for at, name, given in told:
        if rules.get(call, name) is None:
            continue
        at_s = int(at // limits.MINUTE_S) * limits.MINUTE_S
        minutes.put(call, _together(name, at_s, minutes.get(call, name, at_s), given))
        for old in minutes.range(call, name, limit=2):  # what is too old goes as new comes
            if old.at_s < call.now - limits.CONTRIBUTIONS_KEPT_S:
                minutes.remove(call, old)


def _together(name: str, at_s: int, old: Minute | None, given: Contributions) -> Minute:
    values = dict(old.values) if old is not None else {}
    again = sum(keys in values for keys in given.values)
    for keys, value in given.values.items():
        values[keys] = values.get(keys, 0.0) + value
    return Minute(
        rule=name,
        at_s=at_s,
        values=dict(sorted(values.items(), key=lambda each: -each[1])[: limits.CONTRIBUTORS]),
        total=given.total + (old.total if old is not None else 0.0),
        unique=given.unique - again + (old.unique if old is not None else 0),
        samples=given.samples + (old.samples if old is not None else 0),
    )


def end(at: At, name: str) -> None:
    """The rule is gone, with all that it knew."""
    rules.delete(at, name)
    for minute in list(minutes.each(at, name)):
        minutes.remove(at, minute)
