"""Which keys take most of a table, or are throttled most: counted in memory by the minute, for contributor insights.

A table without them has none of this (`Schema.insights` is None). Source: Developer Guide, "CloudWatch Contributor Insights
for DynamoDB: how it works".
"""

from __future__ import annotations

from base64 import b64encode
from functools import partial
from typing import TYPE_CHECKING

from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Contributions, Tallies

from . import limits
from .state import Definition, Insights
from .values import Item, Value

if TYPE_CHECKING:
    from .schemas import Schema

ACCESSED = "ACCESSED_AND_THROTTLED_KEYS"
Counters = dict[str, "Counter"]


def rules_of(insights: Insights, name: str, *, has_sort: bool) -> dict[str, str]:
    """The names of the rules of a table or index by kind: PK or SK for the keys, C for what they take or T for how often they are throttled."""
    name = f"{name}-{insights.index}" if insights.index else name
    kinds = [f"{keys}{what}" for what in ("C", "T") for keys in (("PK", "SK") if has_sort else ("PK",))]
    if insights.mode != ACCESSED:
        kinds = [kind for kind in kinds if kind[2] == "T"]
    return {kind: f"DynamoDBContributorInsights-{kind}-{name}-{insights.made_ms}" for kind in kinds}


def of_table(definition: Definition) -> Counters | None:
    """What counts, by the index (empty for the table); None where nothing does."""
    found: Counters = {}
    for each in definition.insights:
        if not each.is_disabled:
            keyed = next((index for index in definition.indexes if index.name == each.index), definition)
            found[each.index] = Counter(each, definition.name, keyed.hash, keyed.range)
    return found or None


class Counter:
    """Counts what the keys of a table or index take. It may be pulled after the schema that had it is gone."""

    __slots__ = ("is_told", "keys", "rankings", "rules", "since_s")

    def __init__(self, insights: Insights, table: str, hash_name: str, range_name: str) -> None:
        self.keys = (hash_name, range_name) if range_name else (hash_name,)
        self.rules = rules_of(insights, table, has_sort=bool(range_name))
        self.since_s = insights.settles_at
        self.rankings: dict[str, Contributions] = {}
        self.is_told = False

    def add(self, what: str, item: Item, units: float) -> None:
        """`what` is C or T. What lacks a key of an index is not in it."""
        values = tuple(_text(item[name]) for name in self.keys if name in item)
        for kind, key in ((f"PK{what}", values[:1]), (f"SK{what}", values)):
            if kind not in self.rules or len(values) < len(self.keys):
                continue
            ranking = self.rankings.get(kind)
            if ranking is None:
                ranking = self.rankings[kind] = Contributions()
            ranking.add(key, units)
            if len(ranking.values) > 2 * limits.CONTRIBUTORS:
                ranking.shorten(limits.CONTRIBUTORS)


def _text(value: Value) -> str:
    content = next(iter(value.values()))
    return b64encode(content).decode() if isinstance(content, bytes) else str(content)


def accessed(
    call: Call,
    schema: Schema,
    units: float,
    indexes: dict[str, float] | None,
    items: tuple[Item, ...],
    images: tuple[Item, ...],
) -> None:
    """What a request took of a table and its indexes. A write counts once its transaction is in."""
    counters = schema.insights or {}
    for index in schema.indexes if indexes else ():
        taken = indexes.get(index.name, 0.0) if indexes else 0.0
        if not index.is_global:
            units += taken
        elif taken and index.name in counters:
            found = next((each for each in images if index.hash in each), None)
            _share(call, counters[index.name], taken, (found,) if found is not None else items, bool(images))
    if units and "" in counters:
        _share(call, counters[""], units, items, bool(images))


def _share(call: Call, counter: Counter, units: float, items: tuple[Item, ...], is_write: bool) -> None:
    """Each of several items that were read at once took the same."""
    if call.now < counter.since_s or not items:
        return
    _begin(call, counter)
    for item in items:
        if is_write:
            call.tx.after_commit.append(partial(counter.add, "C", item, units / len(items)))
        else:
            counter.add("C", item, units / len(items))


def throttled(call: Call, schema: Schema, index: str, items: tuple[Item, ...]) -> None:
    """A request for those items was not let in by the table or the index. It counts though its transaction fails."""
    counter = (schema.insights or {}).get(index)
    if counter is None or call.now < counter.since_s:
        return
    _begin(call, counter)
    for item in items[:1]:
        counter.add("T", item, 1.0)


def _begin(call: Call, counter: Counter) -> None:
    if not counter.is_told:
        counter.is_told = True
        call.tallies.pull(call.now, partial(_pulled, counter, call.account, call.region))


def _pulled(counter: Counter, account: str, region: str, tallies: Tallies, at: float) -> None:
    told, counter.rankings = counter.rankings, {}
    counter.is_told = False
    for kind, ranking in told.items():
        tallies.contributed(account, region, at, counter.rules[kind], ranking)
