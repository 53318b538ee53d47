"""Rules of contributor insights and what they were told, as they are stored."""

from __future__ import annotations

from skyjar.kernel.tables import Record, Table


class Rule(Record, frozen=True):
    """A rule that a service manages. `statistic` is SUM or COUNT, `value` what is added up."""

    name: str
    keys: tuple[str, ...]
    statistic: str
    value: str


class Minute(Record, frozen=True):
    """Of one rule: its greatest contributors, and what all of them together are."""

    rule: str
    at_s: int
    values: dict[tuple[str, ...], float]
    total: float
    unique: int
    samples: int


rules = Table("cloudwatch.insight_rules", Rule, key=("name",))
minutes = Table("cloudwatch.contributions", Minute, key=("rule", "at_s"))
